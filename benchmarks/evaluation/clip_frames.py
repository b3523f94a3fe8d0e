"""ClipFrames: a clip's pictures as a model is given them, one at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ...datasets.cohort import ClipView, Cohort
from ...datasets.media import clip_images
from ...datasets.schema import Clip, Frame
from .prediction_clock import PredictionClock


@dataclass(frozen=True, eq=False)
class ClipFrames:
    """Models count pictures as they come, from 0: a picture's place. `numbers` says which frame of the clip it is.

    The two differ where frames have no image, as in copies of HemoSet with the labelled frames alone: a model sees a
    slower video then, none with holes. root: what the clip's media lie below; rows: all its frames, in order.
    """

    root: Path
    clip: Clip
    rows: Sequence[Frame]

    @classmethod
    def of(cls, cohort: Cohort, view: ClipView) -> "ClipFrames":
        """The frames of a cohort's clip."""
        return cls(cohort.media_root, view.clip, view.frames)

    @cached_property
    def numbers(self) -> np.ndarray:
        """Frame of each picture, (N,) int64, ascending."""
        return np.array([row.frame for row in self.rows if row.has_image], np.int64)

    def place(self, frame: int) -> int:
        """Which picture shows a frame of the clip. Raises ValueError where it has none."""
        at = int(np.searchsorted(self.numbers, frame))
        if at == len(self.numbers) or self.numbers[at] != frame:
            raise ValueError(f"frame {frame} of clip {self.clip.clip_id} has no image")
        return at

    def frame(self, place: int) -> int:
        """Which frame a picture is. Raises ValueError for a place that the clip does not have."""
        if not 0 <= place < len(self.numbers):
            what = f"the model named frame {place} of clip {self.clip.clip_id}, which has {len(self.numbers)}"
            raise ValueError(what)
        return int(self.numbers[place])

    def stream(
        self, clock: PredictionClock, first: int = 0, end: int | None = None
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Pictures from place `first` to before `end`, each with its place counted from `first`; (H, W, 3) uint8 RGB.

        One is in memory at a time. Raises BleedkitError where an image is missing or broken.
        """
        wanted = self.numbers[first:end].tolist()
        pictures = clip_images(self.root, self.clip, self.rows, wanted)
        for place, (_, rgb) in enumerate(clock.decoding(pictures)):
            yield place, rgb

    def picture(self, frame: int, clock: PredictionClock) -> np.ndarray:
        """The picture of one frame. Raises BleedkitError as `stream` does."""
        place = self.place(frame)
        return next(rgb for _, rgb in self.stream(clock, place, place + 1))
