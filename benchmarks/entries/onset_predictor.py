"""An OnsetModel as the harness asks for it."""

from torch import nn

from ...datasets.schema import ImageSize
from ...models.onset_model import OnsetModel
from ...models.predict import Frames, Onset, predict_onset


class OnsetNetworkPredictor:
    """An OnsetPredictor. picture: what the model takes; device: where it is."""

    def __init__(self, model: OnsetModel, *, picture: ImageSize, device: str) -> None:
        self._model, self._picture, self._device = model, picture, device

    @property
    def module(self) -> nn.Module | None:
        """The network, for its parameters and operations to be counted."""
        return self._model if isinstance(self._model, nn.Module) else None

    def onset(self, frames: Frames) -> Onset:
        """BleedOrigin Eq. 2 over all windows. Raises BleedkitError where the weights are random."""
        return predict_onset(self._model, frames, picture=self._picture, device=self._device)
