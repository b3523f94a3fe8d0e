"""Labels that an importer found, appended to a cohort: new ones as they are, changed ones as corrections."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ..cohort_change import CohortChange
from ..images import decode_gray
from ..mask_store import MaskFile
from ..schema import LabelState, MaskLabel, OnsetLabel, PointLabel, Provenance, Review
from ..table_file import typed_rows
from ..tables import LABELS
from .reading import Found, Reading

Row: TypeAlias = PointLabel | MaskLabel | OnsetLabel
_TABLE: Final[Mapping[type[Row], str]] = {kind: name for name, kind in LABELS.items()}
_BATCH: Final = 16384  # each reads the tables once; its masks are in memory as PNG


def bring_in(reading: Reading, found: Iterable[Found], tolerance_px: float) -> dict[str, int]:
    """Append the labels as one commit; returns how many are `new`, `corrected` and `unchanged`.

    A label that names the row it was exported from is a correction by `reading.annotator` where it lies elsewhere, has
    another target or visibility, and nothing otherwise; moves up to `tolerance_px` are the format's rounding. One whose
    row somebody else replaced in the meantime is a problem, and left out. All others are new rows. A second import of
    the same file brings nothing, and one of a file worked on further what was changed in between.
    """
    judge = _Judge(reading, tolerance_px)
    batches = _united(reading, found)
    with reading.cohort.change() as change:
        while batch := list(islice(batches, _BATCH)):
            rows = _Known(change, [one.label_id for one in batch if one.label_id])
            _append(change, reading.run, list(judge.to_append(rows, batch)), judge.counts)
    return dict(judge.counts)


def _united(reading: Reading, found: Iterable[Found]) -> Iterator[Found]:
    """The same, with regions of one target in one frame that no exported row tells apart as one region, last."""
    parts: dict[MaskLabel, tuple[MaskLabel, Found]] = {}
    points: set[PointLabel] = set()
    for one in found:
        label = one.label
        if isinstance(label, MaskLabel) and not one.label_id:
            key = replace(label, path="", digest="", area=0)
            parts[key] = _both(*parts[key], one) if key in parts else (label, one)
            continue
        if isinstance(label, PointLabel) and not one.label_id:
            place = replace(label, x=0, y=0, visible=True)
            if place in points:
                what = f"a second point of {label.target} in clip {label.clip_id} frame {label.frame}"
                reading.problems.warning("second-point", one.where, what, "give every source a label of its own")
            points.add(place)
        yield one
    for _, one in parts.values():
        yield one


def _both(label: MaskLabel, first: Found, second: Found) -> tuple[MaskLabel, Found]:
    """Both regions as one; a region of no pixel adds none."""
    one, other = (decode_gray(found.data, found.where) != 0 for found in (first, second))
    file = MaskFile.of(one | other)
    united = replace(label, path=file.path, digest=file.digest, area=file.area)
    return united, replace(first, label=united, data=file.data)


class _Known:
    """The cohort's rows of the given ids, and what replaced any row."""

    def __init__(self, change: CohortChange, ids: Sequence[str]) -> None:
        self.rows: dict[str, Row] = {}
        self._after: dict[str, Row] = {}
        for name in LABELS if ids else ():
            table = change.tables[name] if name in change.tables else change.cohort.table(name)
            wanted = pc.is_in(table["label_id"], value_set=pa.array(ids, pa.string()))
            self.rows |= {row.label_id: row for row in typed_rows(name, table.filter(wanted))}
            later = table.filter(pc.not_equal(table["supersedes"], ""))
            self._after |= {row.supersedes: row for row in typed_rows(name, later)}

    def latest(self, row: Row) -> Row:
        """What the row has become."""
        while row.label_id in self._after:
            row = self._after[row.label_id]
        return row


class _Judge:
    """Tells labels that say something new from those that do not. counts: labels by what they are."""

    def __init__(self, reading: Reading, tolerance_px: float) -> None:
        self.counts: Counter[str] = Counter(new=0, corrected=0, unchanged=0)
        self._reading, self._tolerance = reading, tolerance_px
        self._seen: set[str] = set()
        runs = reading.cohort.provenance().items()
        self._imports = {reading.run.id, *(number for number, run in runs if run.kind == reading.run.kind)}

    def to_append(self, known: _Known, batch: Sequence[Found]) -> Iterator[Found]:
        """New labels and corrections; a second label that names the same row is a copy, and new."""
        for one in batch:
            base = known.rows.get(one.label_id)
            if base is None or one.label_id in self._seen or not _same_place(base, one.label):
                yield one
                continue
            self._seen.add(one.label_id)
            latest = known.latest(base)
            if any(_equal(row, one.label, self._tolerance) for row in (base, latest)):
                self.counts["unchanged"] += 1
            elif latest is base or self._is_ours(latest):
                yield Found(_correction(self._reading, latest, one.label), one.label_id, one.where, one.data)
            else:
                what = f"label {base.label_id} was changed in the cohort since it was exported"
                self._reading.refuse(one.where, what)

    def _is_ours(self, row: Row) -> bool:
        """Whether the same annotator brought the row in: an earlier state of the work that comes in now."""
        return row.annotator == self._reading.annotator and row.provenance in self._imports


def _append(change: CohortChange, run: Provenance, found: Sequence[Found], counts: Counter[str]) -> None:
    for corrections in (False, True):
        rows: dict[str, list[Row]] = {name: [] for name in LABELS}
        files: dict[str, bytes] = {}
        for one in found:
            if bool(one.label.supersedes) is corrections:
                rows[_TABLE[type(one.label)]].append(one.label)
                if isinstance(one.label, MaskLabel):
                    files[one.label.path] = one.data
        given = sum(map(len, rows.values()))
        if given:
            added = change.append(provenance=[run], files=files, **rows)  # type: ignore[arg-type]
            new = sum(added[name] for name in LABELS)
            counts["corrected" if corrections else "new"] += new
            counts["unchanged"] += given - new


def _correction(reading: Reading, base: Row, label: Row) -> Row:
    """The row that replaces `base`: what the annotator says now, of which the old certainty tells nothing."""
    by = {
        "state": LabelState.HUMAN,
        "review": Review.CORRECTED,
        "annotator": reading.annotator,
        "confidence": math.nan,
        "supersedes": base.label_id,
    }
    if isinstance(label, PointLabel):
        return replace(label, **by, var_x=math.nan, var_y=math.nan, cov_xy=math.nan)  # type: ignore[arg-type]
    return replace(label, **by)  # type: ignore[arg-type]


def _same_place(base: Row, label: Row) -> bool:
    if type(base) is not type(label) or base.clip_id != label.clip_id:
        return False
    return base.frame == label.frame or isinstance(label, OnsetLabel)


def _equal(base: Row, label: Row, tolerance: float) -> bool:
    """Whether the file says of the target what the row says."""
    if base.target != label.target or base.frame != label.frame:
        return False
    if isinstance(base, MaskLabel) and isinstance(label, MaskLabel):
        return base.digest == label.digest
    if isinstance(base, PointLabel) and isinstance(label, PointLabel):
        if base.visible != label.visible:
            return False
        moved = max(abs(base.x - label.x), abs(base.y - label.y))
        return not moved > tolerance and (base.visible or math.isnan(base.x) == math.isnan(label.x))
    return True
