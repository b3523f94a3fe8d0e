"""What is known of a clip's frames, as a training takes it: the most trusted label of each, and where there is none."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from ...datasets.checks import check_array
from ...datasets.cohort import ClipView, most_trusted
from ...datasets.schema import LabelState, MaskLabel, PointLabel

HUMAN: Final = (LabelState.HUMAN,)
DENSE: Final = (LabelState.HUMAN, LabelState.PSEUDO)
SOURCE: Final = "source"
Label = TypeVar("Label", PointLabel, MaskLabel)


@dataclass(frozen=True, eq=False)
class ClipLabels:
    """Labels of T frames. point (T, 2) float32: x over the width, y over the height; 0 where not visible.

    visible (T,) bool: the point is there to be seen; point_known (T,) bool: somebody looked for it. human (T,) bool: a
    person did. mask_known (T,) bool: somebody looked for a region. onset: the first bleeding frame, -1 where it never
    bleeds, None where nobody said.
    """

    point: np.ndarray
    visible: np.ndarray
    point_known: np.ndarray
    human: np.ndarray
    mask_known: np.ndarray
    onset: int | None

    def __post_init__(self) -> None:
        check_array("point", self.point, ("T", 2), np.float32)
        for name in ("visible", "point_known", "human", "mask_known"):
            check_array(name, getattr(self, name), (len(self.point),), np.bool_)


def clip_labels(view: ClipView, states: Collection[LabelState], target: str = SOURCE) -> ClipLabels:
    """The labels of a clip. states: whose labels count; target: the point's name. Rejected labels never count."""
    length, size = view.clip.n_frames, view.clip.size
    point = np.zeros((length, 2), np.float32)
    visible, known, human = (np.zeros(length, bool) for _ in range(3))
    for label in _best(view.points, states, [target]).values():
        for one in label:
            known[one.frame], visible[one.frame] = True, one.visible
            human[one.frame] = one.state is LabelState.HUMAN
            if one.visible:
                point[one.frame] = one.x / size.width, one.y / size.height
    masked = np.zeros(length, bool)
    masked[list(mask_labels(view, states))] = True
    onset = most_trusted(label for label in view.onsets if label.state in states)
    return ClipLabels(point, visible, known, human, masked, None if onset is None else onset.frame)


def mask_labels(view: ClipView, states: Collection[LabelState]) -> dict[int, list[MaskLabel]]:
    """The most trusted mask of each target, by frame."""
    return _best(view.masks, states, sorted({mask.target for mask in view.masks}))


def _best(labels: Sequence[Label], states: Collection[LabelState], targets: Iterable[str]) -> dict[int, list[Label]]:
    """The most trusted label of each of the targets, by frame."""
    found: dict[int, list[Label]] = {}
    for target in targets:
        by_frame: dict[int, list[Label]] = {}
        for label in labels:
            if label.target == target and label.state in states:
                by_frame.setdefault(label.frame, []).append(label)
        for frame, several in by_frame.items():
            best = most_trusted(several)
            if best is not None:
                found.setdefault(frame, []).append(best)
    return found
