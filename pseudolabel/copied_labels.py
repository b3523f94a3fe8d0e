"""Labels that repeat the one before to the pixel while the picture moved: most likely copies, not judgements.

Labelling tools carry a point on to the next frame until somebody drags it. Such a label starts tracks beside the point
and, held back, judges them wrong. It is named and scored apart, never dropped: only a person can say what it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from ..datasets.cohort import Cohort
from ..datasets.media import iter_images
from ..datasets.schema import LabelState, PointLabel, Review
from ..models.anchored_lucas_kanade import AnchoredLucasKanade
from ..models.corner_detector import CornerDetector
from ..models.point_tracker import scaled
from .accuracy import ScoredFrames

# Pixels of a picture REFERENCE_WIDTH wide.
MOVED: Final = 10.0  # farther than a second click is usually off
AROUND: Final = 100.0  # tissue this near counts; farther off it may be at rest


@dataclass(frozen=True)
class CopiedLabel:
    """The label of `frame` lies where that of frame `of` does; moved: pixels by which the tissue there has moved."""

    clip_id: str
    target: str
    frame: int
    of: int
    moved: float

    def __str__(self) -> str:
        return (
            f"{self.clip_id}: the label of {self.target} in frame {self.frame} repeats frame {self.of}'s to the pixel, "
            f"though the tissue there moved by {self.moved:.0f} px"
        )


def copied_labels(cohort: Cohort, clip_id: str) -> list[CopiedLabel]:
    """The clip's suspected copies by target and frame; reads only the frames between labels that are equal.

    Raises BleedkitError where one of them is unreadable.
    """
    found: dict[tuple[str, int], CopiedLabel] = {}
    for before, label in repeated_labels(cohort.points(clip_id)):
        if (label.target, label.frame) not in found:
            moved = _tissue_moved(cohort, before, label)
            if moved > scaled(MOVED, cohort.clip(clip_id).size.width):
                copy = CopiedLabel(clip_id, label.target, label.frame, before.frame, round(moved, 1))
                found[label.target, label.frame] = copy
    return [found[place] for place in sorted(found)]


def repeated_labels(points: Iterable[PointLabel]) -> list[tuple[PointLabel, PointLabel]]:
    """Pairs of one person's consecutive visible labels of a target with exactly the same position, unreviewed."""
    by_hand: dict[tuple[str, str], list[PointLabel]] = {}
    for point in sorted(points, key=lambda point: point.frame):
        if point.state is LabelState.HUMAN and point.visible and point.review is not Review.REJECTED:
            by_hand.setdefault((point.target, point.annotator), []).append(point)
    pairs = [pair for _, labels in sorted(by_hand.items()) for pair in pairwise(labels)]
    return [(a, b) for a, b in pairs if (a.x, a.y) == (b.x, b.y) and b.review is Review.UNREVIEWED]


def on_copies(frames: ScoredFrames, copies: Iterable[CopiedLabel], *, hidden_labels: bool) -> np.ndarray:
    """Which of N frames rest on a copy, (N,) bool: at an end of their gap, or as what they are scored against.

    hidden_labels: frames are scored against labels, not against exact truth.
    """
    places = {(copy.clip_id, copy.target, copy.frame) for copy in copies}
    start = frames.frame - np.round(np.nan_to_num(frames.position) * frames.gap).astype(int)
    used = [start, start + frames.gap, *([frames.frame] if hidden_labels else [])]
    rows = zip(frames.clip.tolist(), frames.target.tolist(), np.stack(used, axis=1).tolist(), strict=True)
    return np.array([any((clip, target, frame) in places for frame in at) for clip, target, at in rows], bool)


def _tissue_moved(cohort: Cohort, before: PointLabel, label: PointLabel) -> float:
    """Median way of the corners round a label from its frame to the later one's, pixels; 0 where there are none."""
    tracker = AnchoredLucasKanade()
    wanted = range(before.frame, label.frame + 1)
    images = [tracker.encode(image) for _, image in iter_images(cohort, label.clip_id, wanted)]
    corners = CornerDetector(radius=AROUND).detect(images[0], np.array([before.x, before.y]))
    if not len(corners):
        return 0.0
    # Hidden corners count as well: tissue that is pulled no longer looks like itself, and they are carried with it.
    return float(np.median(np.linalg.norm(tracker.track(images, corners).xy[-1] - corners, axis=1)))
