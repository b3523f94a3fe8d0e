"""An OnlineRegionPointModel as the harness asks for it: for every frame of a clip, or for the source in one picture."""

from collections.abc import Iterator

import numpy as np
from torch import nn

from ...datasets.schema import ImageSize
from ...models.predict import FramePrediction, Frames, region_point_frames
from ...models.region_point_model import OnlineRegionPointModel
from ..evaluation.predictors import SourceFound


class RegionPointNetwork:
    """A RegionPointPredictor and a SourcePredictor. picture: what the model takes; device: where it is."""

    def __init__(self, model: OnlineRegionPointModel, *, picture: ImageSize, device: str) -> None:
        self._model, self._picture, self._device = model, picture, device

    @property
    def module(self) -> nn.Module | None:
        """The network, for its parameters and operations to be counted."""
        return self._model if isinstance(self._model, nn.Module) else None

    def frames(self, frames: Frames) -> Iterator[FramePrediction]:
        """Raises BleedkitError where the weights are random, or a frame is missing or of another size."""
        return region_point_frames(self._model, frames, picture=self._picture, device=self._device)

    def source(self, rgb: np.ndarray) -> SourceFound:
        """The point of a picture that is the first of its clip."""
        (seen,) = self.frames([(0, rgb)])
        return SourceFound(seen.point, seen.confidence)
