"""OnsetModel: what finds the first bleeding frame of a video, window by window."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class OnsetWindows:
    """What a model says of K windows of N frames; `...` is (B, K), or (B,) for one window.

    position (...) in [0, 1]: where in the window the onset is (theta of BleedOrigin Eq. 2: onset = start +
    floor(position * N)); confidence_logit (...): above 0 where the window holds an onset (S_conf after a sigmoid).
    """

    position: "Tensor"
    confidence_logit: "Tensor"


class OnsetModel(Protocol):
    """A torch module. Window k covers frames k..k+N-1 of the clip; nothing later is looked at."""

    window: int  # N

    def __call__(self, clip: "Tensor") -> OnsetWindows:
        """clip: (B, T, 3, H, W) float in [0, 1], RGB, T >= N. K = T - N + 1 windows, in order."""

    def start(self) -> Any:
        """The state before the first frame."""

    def step(self, frame: "Tensor", state: Any) -> tuple[OnsetWindows | None, Any]:
        """The next frame (B, 3, H, W): what the window that ends with it says, None before there are N frames."""
