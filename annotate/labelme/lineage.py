"""Every label row that a clip ever had, and which of them replaced which."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Self

from ...datasets.cohort import Cohort
from ...datasets.schema import MaskLabel, PointLabel

Row = PointLabel | MaskLabel


class Lineage:
    """Points and masks of one clip. rows: by label id, in the cohort's order."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self.rows = rows

    @classmethod
    def of(cls, cohort: Cohort, clip_id: str) -> Self:
        """The clip's rows as the cohort has them, superseded ones too."""
        rows: dict[str, Row] = {}
        for read in (cohort.points, cohort.masks):
            rows.update({row.label_id: row for row in read(clip_id, history=True)})
        return cls(rows)

    @cached_property
    def by_frame(self) -> Mapping[int, Sequence[Row]]:
        """Rows of each frame that has any."""
        frames: dict[int, list[Row]] = defaultdict(list)
        for row in self.rows.values():
            frames[row.frame].append(row)
        return dict(frames)

    @cached_property
    def _next(self) -> Mapping[str, Sequence[Row]]:
        """Rows that replace a row, by its id."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows.values():
            if row.supersedes:
                found[row.supersedes].append(row)
        return dict(found)

    def tip(self, row: Row, runs: Collection[str]) -> Row:
        """What became of a row through these runs alone (provenance ids); the row itself where they left it."""
        seen = {row.label_id}
        while True:
            later = [one for one in self._next.get(row.label_id, ()) if one.provenance in runs]
            if not later or later[-1].label_id in seen:
                return row
            row = later[-1]
            seen.add(row.label_id)

    def is_replaced(self, row: Row) -> bool:
        """Whether any row replaces it."""
        return row.label_id in self._next

    def latest(self, row: Row) -> Iterator[Row]:
        """Every row that a row became through whomever, and that nothing replaces."""
        left, seen = [row], {row.label_id}
        while left:
            one = left.pop()
            later = [child for child in self._next.get(one.label_id, ()) if child.label_id not in seen]
            seen.update(child.label_id for child in later)
            left.extend(later)
            if not self.is_replaced(one):
                yield one
