"""RegionPointModel: what finds the bleeding region and the bleeding source of every frame of a clip."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class RegionPoint:
    """What a model says of frames; `...` is (B, T) for a clip and (B,) for one step.

    mask_logits (..., 1, h, w): of the bleeding region, above 0 inside; any resolution. point (..., 2) in [0, 1]: x over
    the width, y over the height, always said, bleeding or not. presence_logit (...): above 0 where a bleeding source is
    there. edge_logits (..., 1, h, w): of the region's edge, from models that draw one.
    """

    mask_logits: "Tensor"
    point: "Tensor"
    presence_logit: "Tensor"
    edge_logits: "Tensor | None" = None


class RegionPointModel(Protocol):
    """A torch module that reads clips. An online one answers frame t from frames 0..t alone."""

    def __call__(self, clip: "Tensor") -> RegionPoint:
        """clip: (B, T, 3, H, W) float in [0, 1], RGB; the model normalises."""


class OnlineRegionPointModel(RegionPointModel, Protocol):
    """One that also works frame by frame: its steps equal the clip call within 1e-4, and its state is bounded."""

    def start(self) -> Any:
        """The state before the first frame."""

    def step(self, frame: "Tensor", state: Any) -> tuple[RegionPoint, Any]:
        """The next frame (B, 3, H, W) in [0, 1]: what it shows, and the state after it; the old one is unchanged."""
