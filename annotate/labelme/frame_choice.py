"""Which clips and frames of a cohort, and labels in which state, go to labelme."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from ...datasets.cohort import ClipView
from ...datasets.errors import BleedkitError
from ...datasets.schema import LabelState, MaskLabel, PointLabel, Review, ReviewItem

FRAMES: Final = ("labelled", "review", "all")


@dataclass(frozen=True)
class FrameChoice:
    """clips: ids, none for all. states: of the labels to show.

    frames: `labelled` (a label in these states), `review` (the last run would not label it, and nobody did since),
    `all`, or `every=N` (frames 0, N, 2N, ...).
    """

    clips: Sequence[str] = ()
    frames: str = "labelled"
    states: Sequence[LabelState] = tuple(LabelState)

    def __post_init__(self) -> None:
        if self.frames not in FRAMES and not self._step:
            raise BleedkitError(f"frames must be {', '.join(FRAMES)} or every=N with N from 1, got {self.frames!r}")

    @classmethod
    def of(cls, clips: str, frames: str, states: str) -> Self:
        """From texts with commas. Raises BleedkitError where a state is none."""
        named = [one.strip() for one in states.split(",") if one.strip()]
        wrong = [one for one in named if one not in set(LabelState)]
        if wrong or not named:
            raise BleedkitError(f"states must be among {', '.join(LabelState)}, got {states!r}")
        ids = tuple(one.strip() for one in clips.split(",") if one.strip())
        return cls(ids, frames, tuple(LabelState(one) for one in named))

    @property
    def _step(self) -> int:
        match = re.fullmatch(r"every=([0-9]{1,9})", self.frames)
        return int(match[1]) if match else 0

    def labels(self, view: ClipView) -> dict[int, list[PointLabel | MaskLabel]]:
        """The labels to show, by frame: all current ones in the states that nobody rejected, points on top."""
        found: dict[int, list[PointLabel | MaskLabel]] = {}
        rows: list[PointLabel | MaskLabel] = [*view.masks, *view.points]
        for row in rows:
            if row.state in self.states and row.review is not Review.REJECTED:
                found.setdefault(row.frame, []).append(row)
        return found

    def wanted(self, view: ClipView, items: Sequence[ReviewItem]) -> set[int]:
        """Frames of the clip to export, with or without image. items: see `still_open`."""
        numbers = {frame.frame for frame in view.frames}
        if self.frames == "labelled":
            return numbers.intersection(self.labels(view))
        if self.frames == "review":
            return numbers.intersection(item.frame for item in items)
        return {number for number in numbers if number % (self._step or 1) == 0}


def still_open(view: ClipView, items: Iterable[ReviewItem]) -> list[ReviewItem]:
    """Of the clip's frames to review those whose point nobody has labelled since."""
    done = {(row.frame, row.target) for row in view.points if row.review is not Review.REJECTED}
    return [item for item in items if (item.frame, item.target) not in done]
