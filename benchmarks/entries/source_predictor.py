"""A SourceModel as the harness asks for it."""

import numpy as np
from torch import nn

from ...datasets.schema import ImageSize
from ...models.predict import predict_source
from ...models.source_model import SourceModel
from ..evaluation.predictors import SourceFound


class SourceNetworkPredictor:
    """A SourcePredictor. picture: what the model takes; device: where it is."""

    def __init__(self, model: SourceModel, *, picture: ImageSize, device: str) -> None:
        self._model, self._picture, self._device = model, picture, device

    @property
    def module(self) -> nn.Module | None:
        """The network, for its parameters and operations to be counted."""
        return self._model if isinstance(self._model, nn.Module) else None

    def source(self, rgb: np.ndarray) -> SourceFound:
        """Where the heat is highest; confidence is NaN, as the model says nothing of how sure it is.

        Raises BleedkitError where the weights are random.
        """
        xy = predict_source(self._model, rgb, picture=self._picture, device=self._device)
        return SourceFound(xy, float("nan"))
