"""FrameFlow: dense motion between two batches of pictures, as the models that learn from flow take it."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class FrameFlow(Protocol):
    """A frozen flow model on tensors: nothing in it learns, and the same pictures always give the same flow."""

    def __call__(self, previous: "Tensor", current: "Tensor") -> "Tensor":
        """Where every pixel of `previous` has gone in `current`.

        Both (B, 3, H, W) float in [0, 1], RGB, before any normalisation. Returns (B, 2, H, W) float32, pixels of these
        pictures, x right then y down, on the pictures' device and outside any gradient.
        """
