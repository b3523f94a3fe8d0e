"""What the harness asks of a model, by task; all in pixels of the stored frames, whatever the model computes in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ...models.clip_prediction import ClipPrediction
from ...models.point_tracker import PointTracker
from ...models.predict import FramePrediction, Frames, Onset


class RegionPointPredictor(Protocol):
    """Region and source of every frame of a clip."""

    def frames(self, frames: Frames) -> Iterator[FramePrediction]:
        """One answer a frame, in order; the first frame is the clip's first."""


class OnsetPredictor(Protocol):
    """The first bleeding frame of a clip."""

    def onset(self, frames: Frames) -> Onset:
        """None where it sees none."""


@dataclass(frozen=True, eq=False)
class SourceFound:
    """xy (2,) float32, pixels of the frame; confidence in [0, 1]."""

    xy: np.ndarray
    confidence: float


class SourcePredictor(Protocol):
    """The source in one picture that bleeds."""

    def source(self, rgb: np.ndarray) -> SourceFound:
        """Of a frame `rgb` (H, W, 3) uint8."""


class DeployPredictor(Protocol):
    """The whole chain: onset, source, track (BleedOrigin Algorithm 1, deployment)."""

    def bleeding(self, frames: Callable[[], Frames]) -> ClipPrediction:
        """frames: gives the clip's frames anew at each call."""


Predictor = RegionPointPredictor | OnsetPredictor | SourcePredictor | PointTracker | DeployPredictor
