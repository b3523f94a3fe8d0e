"""Which mark of a label file is which label of the cohort."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ...datasets.schema import PointLabel, Review
from .lineage import Row
from .marks import POINT, REGION, FrameMarks, Kind, Mark

Same = Callable[[Row, Mark], bool]


@dataclass
class Pairing:
    """pairs: labels and what the file says of them; None: that it is gone. new: marks that are no label yet.

    refused: in words, what contradicts itself; nothing of those targets is in the other two.
    """

    pairs: list[tuple[Row, Mark | None]] = field(default_factory=list)
    new: list[Mark] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def kind_of(row: Row) -> Kind:
    """Whether a label is a point or a region."""
    return POINT if isinstance(row, PointLabel) else REGION


def is_absent(row: Row) -> bool:
    """Whether a label says that its target is not there."""
    return not row.visible if isinstance(row, PointLabel) else not row.area


def pair(labels: Mapping[str, Row], said: FrameMarks, same: Same) -> Pairing:
    """Pair a frame's labels with a file's marks.

    labels: by the id they were exported as, each as the folder's own imports left it. same: whether a label already
    says what a mark says. A mark is the label whose id it carries; else one of its kind and target that says the same;
    else one of its kind and target that has lost its mark, so that drawing a point anew corrects it.
    """
    found = Pairing()
    wrong = _contradictions(labels, said, found.refused)
    marks = [mark for mark in said.marks if (mark.kind, mark.target) not in wrong]
    left = {key: row for key, row in labels.items() if (kind_of(row), row.target) not in wrong}
    marks = _by_id(marks, left, found)
    marks = _by_content(marks, left, found, same)
    for mark in marks:
        key = next((k for k, row in left.items() if _alike(row, mark) and row.review is not Review.REJECTED), None)
        if key is None:
            found.new.append(mark)
        else:
            found.pairs.append((left.pop(key), mark))
    # A tick box that is not in the file says nothing.
    silent = [k for k, row in left.items() if is_absent(row) and (kind_of(row), row.target) not in said.absent]
    found.pairs += [(row, None) for key, row in left.items() if key not in silent]
    return found


def _by_id(marks: Sequence[Mark], left: dict[str, Row], found: Pairing) -> list[Mark]:
    """Pair the marks that carry an id; returns the rest. Of several with one id, the one of the label's own name."""
    rest: list[Mark] = []
    own_name_first = sorted(marks, key=lambda mark: mark.label_id in left and left[mark.label_id].target != mark.target)
    for mark in own_name_first:
        if mark.label_id in left:
            found.pairs.append((left.pop(mark.label_id), mark))
        else:
            rest.append(mark)
    return rest


def _by_content(marks: Sequence[Mark], left: dict[str, Row], found: Pairing, same: Same) -> list[Mark]:
    """Pair the marks that say what a label says; a tick box stands for every hidden label of its target."""
    rest: list[Mark] = []
    for mark in marks:
        keys = [key for key, row in left.items() if _alike(row, mark) and same(row, mark)]
        keys.sort(key=lambda key: left[key].review is Review.REJECTED)
        for key in keys if mark.absent else keys[:1]:
            found.pairs.append((left.pop(key), mark))
        if not keys:
            rest.append(mark)
    return rest


def _alike(row: Row, mark: Mark) -> bool:
    return kind_of(row) == mark.kind and row.target == mark.target


def _contradictions(labels: Mapping[str, Row], said: FrameMarks, refused: list[str]) -> set[tuple[str, str]]:
    """Kinds and targets of which the file says two things that the labels did not say; and what was renamed from or to
    one of them, as half of a renaming would be a rejected label.
    """
    wrong: set[tuple[str, str]] = set()
    for kind, target in {(mark.kind, mark.target): None for mark in said.marks}:
        marks = [mark for mark in said.marks if (mark.kind, mark.target) == (kind, target)]
        rows = [row for row in labels.values() if (kind_of(row), row.target) == (kind, target)]
        current = [row for row in rows if row.review is not Review.REJECTED]
        shown = [mark for mark in marks if not mark.absent]
        there = [row for row in current if not is_absent(row)]
        if len(shown) < len(marks) and shown and not 0 < len(there) < len(current):
            refused.append(f"{kind} {target!r} is drawn, and ticked as not there")
        elif len(shown) > max(1, len(there)):
            refused.append(f"{len(shown)} {kind}s are named {target!r}; give them other labels or group ids")
        else:
            continue
        wrong.add((kind, target))
    renamed = [(mark, labels[mark.label_id]) for mark in said.marks if mark.label_id in labels]
    for _ in renamed if wrong else ():  # a chain of renamings is no longer than their number
        for mark, row in renamed:
            names = {(mark.kind, mark.target), (kind_of(row), row.target)}
            wrong |= names if names & wrong else set()
    return wrong
