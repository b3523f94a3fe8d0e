"""Labels that an importer found, appended to a cohort: new ones as they are, changed ones as corrections."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from ..cohort_change import CohortChange
from ..images import decode_gray
from ..mask_store import MaskFile
from ..schema import LabelState, MaskLabel, OnsetLabel, PointLabel, Provenance, Review
from ..tables import LABELS
from .deletions import Missing, missing_labels, rejection
from .known_rows import KnownRows, Row
from .reading import Found, Reading

_TABLE: Final[Mapping[type[Row], str]] = {kind: name for name, kind in LABELS.items()}
_BATCH: Final = 16384  # labels judged at a time; their masks are in memory as PNG
_ROWS: Final = 131072  # rows appended at a time: each time the cohort's tables are read and checked


@dataclass(frozen=True)
class Brought:
    """counts: labels `new`, `corrected` and `unchanged`. missing: labels that the files were exported with and that are
    not in them now, still as they were in the cohort. rejected: those of them that were rejected instead.
    """

    counts: Mapping[str, int]
    missing: int
    rejected: int


def bring_in(reading: Reading, found: Iterable[Found], tolerance_px: float, *, reject: bool = False) -> Brought:
    """Append the labels as one commit.

    A label that names the row it was exported from is a correction by `reading.annotator` where it lies elsewhere, has
    another target or visibility, and nothing otherwise; moves up to `tolerance_px` are the format's rounding. One whose
    row somebody else replaced in the meantime is a problem, and left out. All others are new rows, unless an earlier
    import brought the same. A second import of the same file brings nothing, and one of a file worked on further what
    was changed in between.
    reject: labels that are missing from the files are rejected by `reading.annotator`.
    """
    judge = _Judge(reading, tolerance_px)
    batches = _united(reading, found)
    rows: list[Row] = []
    with reading.cohort.change() as change:
        known = KnownRows(change.cohort, judge.imports)
        while batch := list(islice(batches, _BATCH)):
            known.load(one.label_id for one in batch if one.label_id)
            known.load_brought(one.label.clip_id for one in batch)
            told = list(judge.to_append(known, batch))
            masks = [(one.label, one.data) for one in told if isinstance(one.label, MaskLabel)]
            change.append(files={label.path: data for label, data in masks if data})
            rows += [one.label for one in told]
            if len(rows) > _ROWS:
                _append(change, reading.run, rows, judge.counts)
                rows.clear()
        _append(change, reading.run, rows, judge.counts)
        missing = missing_labels(reading, known, judge.seen, judge.is_ours)
        if reject:
            _reject(reading, change, missing)
    count = len(missing.rows)
    return Brought(dict(judge.counts), 0 if reject else count, count if reject else 0)


def _reject(reading: Reading, change: CohortChange, missing: Missing) -> None:
    """Append the rejections; those of labels that somebody else replaced are refused, as corrections are."""
    if not any(file.ids for file in reading.exported):
        what = "does not say what it was exported with, so that nothing in it counts as deleted"
        reading.problems.warning("deleted", "the file", what, "import it with what the export wrote beside it")
    for row, where in missing.replaced:
        what = f"{row.target!r} of clip {row.clip_id} frame {row.frame} is gone, but was changed in the cohort since"
        reading.conflict(where, f"{what} it was exported, so it is not rejected")
    _append_rows(change, reading.run, [rejection(reading, row) for row, _ in missing.rows])


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


class _Judge:
    """Tells labels that say something new from those that do not. counts: labels by what they are.

    seen: ids of rows that a label names at its own place, whatever it says of them. imports: provenance ids of this and
    of earlier imports.
    """

    def __init__(self, reading: Reading, tolerance_px: float) -> None:
        self.counts: Counter[str] = Counter(new=0, corrected=0, unchanged=0)
        self._reading, self._tolerance = reading, tolerance_px
        self.seen: set[str] = set()
        runs = reading.cohort.provenance().items()
        self.imports = {reading.run.id, *(number for number, run in runs if run.kind == reading.run.kind)}

    def to_append(self, known: KnownRows, batch: Sequence[Found]) -> Iterator[Found]:
        """New labels and corrections; a second label that names the same row is a copy, and new."""
        for one in batch:
            base = known.get(one.label_id)
            if base is None or one.label_id in self.seen or not _same_place(base, one.label):
                if known.was_brought(one.label):
                    self.counts["unchanged"] += 1
                else:
                    yield one
                continue
            self.seen.add(one.label_id)
            latest = known.latest(base)
            if any(_equal(row, one.label, self._tolerance) for row in (base, latest)):
                self.counts["unchanged"] += 1
            elif latest is base or self.is_ours(latest):
                yield Found(_correction(self._reading, latest, one.label), one.label_id, one.where, one.data)
            else:
                what = f"label {base.label_id} was changed in the cohort since it was exported"
                self._reading.conflict(one.where, what)

    def is_ours(self, row: Row) -> bool:
        """Whether the same annotator brought the row in: an earlier state of the work that comes in now."""
        return row.annotator == self._reading.annotator and row.provenance in self.imports


def _append(change: CohortChange, run: Provenance, rows: Sequence[Row], counts: Counter[str]) -> None:
    for kind in ("new", "corrected"):
        mine = [row for row in rows if bool(row.supersedes) is (kind == "corrected")]
        new = _append_rows(change, run, mine)
        counts[kind] += new
        counts["unchanged"] += len(mine) - new


def _append_rows(change: CohortChange, run: Provenance, rows: Sequence[Row]) -> int:
    """Append rows, their mask files apart; returns how many were new."""
    if not rows:
        return 0
    tables: dict[str, list[Row]] = {name: [] for name in LABELS}
    for row in rows:
        tables[_TABLE[type(row)]].append(row)
    added = change.append(provenance=[run], **tables)  # type: ignore[arg-type]
    return sum(added[name] for name in LABELS)


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
