"""The cohort's label rows as an import needs them: by id, and with what replaced them."""

import math
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ..cohort import Cohort
from ..schema import MaskLabel, OnsetLabel, PointLabel
from ..table_file import typed_rows
from ..tables import LABELS

Row: TypeAlias = PointLabel | MaskLabel | OnsetLabel


class KnownRows:
    """Rows of the ids and clips that were loaded last; of a large cohort only those become objects.

    imports: provenance ids of the imports there were.
    """

    def __init__(self, cohort: Cohort, imports: Collection[str]) -> None:
        self._cohort = cohort
        self._imports = pa.array(imports, pa.string())
        self._rows: dict[str, Row] = {}
        self._brought: set[tuple[object, ...]] = set()

    def load_brought(self, clip_ids: Iterable[str]) -> None:
        """Read what earlier imports brought into these clips as new labels."""
        clips = pa.array(set(clip_ids), pa.string())
        self._brought = set()
        for name, table in self._tables.items() if len(clips) else ():
            there = pc.and_(pc.is_in(table["clip_id"], value_set=clips), pc.equal(table["supersedes"], ""))
            mine = pc.and_(there, pc.is_in(table["provenance"], value_set=self._imports))
            self._brought.update(_content(row) for row in typed_rows(name, table.filter(mine)))

    def was_brought(self, label: Row) -> bool:
        """Whether an earlier import brought just this label, of a file that may have held less."""
        return bool(self._brought) and _content(label) in self._brought

    def load(self, ids: Iterable[str]) -> None:
        """Read the rows of these ids, and all that replaced them since."""
        wanted: set[str] = set()
        for label_id in ids:
            later: str | None = label_id
            while later and later not in wanted:
                wanted.add(later)
                later = self._after.get(later)
        self._rows = {}
        for name, table in self._tables.items() if wanted else ():
            mine = table.filter(pc.is_in(table["label_id"], value_set=pa.array(wanted, pa.string())))
            self._rows |= {row.label_id: row for row in typed_rows(name, mine)}

    def get(self, label_id: str) -> Row | None:
        """The row of an id; None where the cohort has none."""
        return self._rows.get(label_id)

    def latest(self, row: Row) -> Row:
        """What the row has become."""
        while (later := self._after.get(row.label_id)) is not None:
            row = self._rows[later]
        return row

    @cached_property
    def _tables(self) -> dict[str, pa.Table]:
        return {name: self._cohort.table(name) for name in LABELS}

    @cached_property
    def _after(self) -> dict[str, str]:
        """Ids of the rows that replace a row, by its id."""
        after: dict[str, str] = {}
        for table in self._tables.values():
            later = table.filter(pc.not_equal(table["supersedes"], ""))
            after.update(zip(later["supersedes"].to_pylist(), later["label_id"].to_pylist(), strict=True))
        return after


def _content(row: Row) -> tuple[object, ...]:
    """All that a row says, but for the run that brought it; a missing number is equal to a missing number."""
    said = {name: value for name, value in vars(row).items() if name not in ("provenance", "label_id")}
    missing = {name for name, value in said.items() if isinstance(value, float) and math.isnan(value)}
    return (type(row), *((name, None if name in missing else value) for name, value in said.items()))
