"""ClipTruth: what people say of a clip, as every protocol scores against it.

Only labels that people gave and nobody rejected; where several are current, the most trusted. A model's or a
pseudo-label is never truth: a model would be scored against its like. (A consensus of several people that is taken as
truth stands in the clip's view as their word; see whose_truth.) The source is the target `source`, in clips
with several the first one; a region is all of `region`, `region-2` and so on at once, and nothing else, as tissue,
pools and dried blood may be targets of their own.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

import numpy as np

from ...datasets.cohort import ClipView, Cohort, most_trusted
from ...datasets.mask_file import read_mask_png
from ...datasets.schema import LabelState, MaskLabel, OnsetLabel, PointLabel, Review

SOURCE: Final = "source"
REGION: Final = "region"
NEVER: Final = -1

Place = tuple[float, float] | None  # pixels of the stored frame; None where somebody looked and the source is not seen
Region = Callable[[], np.ndarray]  # (H, W) bool, read when asked for; empty where somebody looked and nothing bleeds
Label = TypeVar("Label", PointLabel, MaskLabel, OnsetLabel)


@dataclass(frozen=True, eq=False)
class ClipTruth:
    """points, regions: by frame; a frame that is missing was not looked at. All of those frames have an image.

    onset: the first bleeding frame, NEVER where the clip does not bleed, None where nobody said.
    """

    points: Mapping[int, Place]
    regions: Mapping[int, Region]
    onset: int | None

    def seen(self, since: int = 0) -> list[int]:
        """Frames from `since` on where the source is visible, ascending."""
        return sorted(frame for frame, place in self.points.items() if place is not None and frame >= since)

    def only(self, points: Collection[int], regions: Collection[int]) -> "ClipTruth":
        """The same, of these frames alone."""
        return replace(
            self,
            points={frame: place for frame, place in self.points.items() if frame in points},
            regions={frame: region for frame, region in self.regions.items() if frame in regions},
        )


def clip_truth(cohort: Cohort, view: ClipView, annotator: str | None = None) -> ClipTruth:
    """The truth of a clip; what one annotator alone says of it, where one is named. No mask is opened yet."""
    shown = {frame.frame for frame in view.frames if frame.has_image}
    points = _points(view, annotator, shown)
    masks = _masks(view, annotator, shown)
    first = [labels[min(labels)] for labels in (points, {f: m[0] for f, m in masks.items()}) if labels]
    onset = _onset(_human(view.onsets, annotator), first[0].annotator if first else "")
    return ClipTruth(
        {frame: (label.x, label.y) if label.visible else None for frame, label in points.items()},
        {frame: partial(_region, cohort, labels) for frame, labels in masks.items()},
        None if onset is None else onset.frame,
    )


def is_region(target: str) -> bool:
    """Whether a mask's target is blood that flows."""
    return target.partition("-")[0] == REGION


def _points(view: ClipView, annotator: str | None, shown: Collection[int]) -> dict[int, PointLabel]:
    """The most trusted label of the source, by frame."""
    labels = [label for label in _human(view.points, annotator) if label.target == SOURCE]
    best = {frame: most_trusted(several) for frame, several in _by_frame(labels, shown).items()}
    return {frame: label for frame, label in best.items() if label is not None}


def _masks(view: ClipView, annotator: str | None, shown: Collection[int]) -> dict[int, list[MaskLabel]]:
    """The most trusted mask of each region, by frame."""
    found: dict[int, list[MaskLabel]] = {}
    masks = [label for label in _human(view.masks, annotator) if is_region(label.target)]
    for target in sorted({label.target for label in masks}):
        for frame, labels in _by_frame((label for label in masks if label.target == target), shown).items():
            best = most_trusted(labels)
            if best is not None:
                found.setdefault(frame, []).append(best)
    return found


def _onset(labels: Sequence[OnsetLabel], author: str) -> OnsetLabel | None:
    """The reviewed ones first, then the one by whom the clip's first source (or region) is, so that both fit.

    A cohort keeps onset rows in order of their frames: of two people's, the latest to be told cannot be known.
    """
    trusted = [label for label in labels if label.review is not Review.UNREVIEWED] or labels
    return most_trusted([label for label in trusted if label.annotator == author] or trusted)


def _human(labels: Iterable[Label], annotator: str | None) -> list[Label]:
    return [
        label
        for label in labels
        if label.state is LabelState.HUMAN
        and label.review is not Review.REJECTED
        and annotator in (None, label.annotator)
    ]


def _by_frame(labels: Iterable[Label], shown: Collection[int]) -> dict[int, list[Label]]:
    found: dict[int, list[Label]] = {}
    for label in labels:
        if label.frame in shown:
            found.setdefault(label.frame, []).append(label)
    return found


def _region(cohort: Cohort, masks: Iterable[MaskLabel]) -> np.ndarray:
    """All of them in one. Raises BleedkitError where a file is missing or broken."""
    return np.asarray(np.logical_or.reduce([read_mask_png(cohort.mask_path(mask)) for mask in masks]))
