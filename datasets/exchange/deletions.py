"""Labels that a file was exported with and that are not in it any more."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from ..schema import Review
from .exported import Exported
from .known_rows import KnownRows, Row
from .reading import Reading


@dataclass(frozen=True)
class Missing:
    """rows: what each missing label has become, with the file that lacks it; those that are rejected already left out.

    replaced: the same of labels that somebody else replaced since the export.
    """

    rows: list[tuple[Row, str]] = field(default_factory=list)
    replaced: list[tuple[Row, str]] = field(default_factory=list)


def missing_labels(
    reading: Reading, known: KnownRows, seen: Collection[str], is_ours: Callable[[Row], bool]
) -> Missing:
    """What is missing from the files read, wherever such a label may stand.

    seen: ids that a label names at its own place. is_ours: whether the same annotator brought a row in. Of a file that
    is not to be trusted about it nothing is missing, and a warning says so.
    """
    there = {*seen, *(label_id for file in reading.exported for label_id in file.nameless)}
    known.load(label_id for file in reading.exported for label_id in file.ids - there)
    missing, told = Missing(), set(there)
    for file in sorted(reading.exported, key=lambda file: not file.doubt):  # a doubt holds for every copy
        gone = [row for label_id in sorted(file.ids - told) if (row := _gone(file, known, label_id)) is not None]
        told.update(row.label_id for row in gone)
        if gone and file.doubt:
            what = f"lacks {len(gone)} of the labels that it was exported with, but {file.doubt}"
            remedy = "none counts as deleted: reject them in a review, if they are wrong"
            reading.problems.warning("deleted", file.where, what, remedy)
            continue
        for base in gone:
            latest = known.latest(base)
            (missing.rows if latest is base or is_ours(latest) else missing.replaced).append((latest, file.where))
    return missing


def rejection(reading: Reading, row: Row) -> Row:
    """The row that rejects `row`, as a review does: all that it says stays, but for who says it now."""
    by = {"review": Review.REJECTED, "annotator": reading.annotator, "provenance": reading.run.id}
    return replace(row, **by, supersedes=row.label_id)  # type: ignore[arg-type]


def _gone(file: Exported, known: KnownRows, label_id: str) -> Row | None:
    """The exported row; None where the cohort has none, the file says nothing of its place, or it is rejected now."""
    base = known.get(label_id)
    if base is None or not file.covers(base) or known.latest(base).review is Review.REJECTED:
        return None
    return base
