"""A PictureModel as the harness asks for it: for every frame of a clip, or for the source in one picture."""

from collections.abc import Iterator

import numpy as np

from ...models.picture_model import PictureModel
from ...models.predict import FramePrediction, Frames
from ..evaluation.predictors import SourceFound


class PicturePredictor:
    """A RegionPointPredictor and a SourcePredictor."""

    def __init__(self, model: PictureModel) -> None:
        self._model = model

    def frames(self, frames: Frames) -> Iterator[FramePrediction]:
        """Each frame by itself."""
        for number, rgb in frames:
            seen = self._model.look(rgb)
            yield FramePrediction(number, seen.point, seen.confidence > 0.5, seen.confidence, seen.mask)

    def source(self, rgb: np.ndarray) -> SourceFound:
        """The point that is said of any picture."""
        seen = self._model.look(rgb)
        return SourceFound(seen.point, seen.confidence)
