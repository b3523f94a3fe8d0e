"""MDCFM, which frames are a clean view (BleedOrigin 4.1.1, Fig. 5B, Eq. 1): no blood, nothing in the way."""

from typing import Final

import torch
from torch import Tensor, nn

from .difference_stack import difference_stack
from .domains import DomainDifferences

ALPHA: Final = 0.5  # threshold of f_RGB-HSV
GAMMA: Final = 0.5  # threshold of f_Flow
_CLEAN_AT_FIRST: Final = -1.0


class CleanViewJudge(nn.Module):
    """Says how disturbed a frame is, in colour (f_RGB-HSV) and in motion (f_Flow), from it to the next.

    As the paper: RGB and HSV differences through one stack of three convolutions, flow through another, both
    concatenated, one fully connected layer, a sigmoid. Ours: the flow's stack is like the colours', and maps become
    vectors by their means and maxima. A fresh judge finds views clean: were none kept, nothing would teach it which.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.colour = difference_stack(6, channels)
        self.motion = difference_stack(2, channels)
        self.fully_connected = nn.Linear(4 * channels, 2)
        nn.init.constant_(self.fully_connected.bias, _CLEAN_AT_FIRST)

    def forward(self, change: DomainDifferences) -> Tensor:
        """Logits (P, 2) of f_RGB-HSV and f_Flow, for the reference picture of every pair."""
        maps = torch.cat([self.colour(torch.cat([change.rgb, change.hsv], 1)), self.motion(change.flow)], 1)
        return self.fully_connected(torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], 1))


def is_clean_view(logits: Tensor, *, alpha: float = ALPHA, gamma: float = GAMMA) -> Tensor:
    """Eq. 1: whether f_RGB-HSV < alpha and f_Flow < gamma. logits (..., 2) -> (...) bool."""
    disturbed = logits.sigmoid()
    return (disturbed[..., 0] < alpha) & (disturbed[..., 1] < gamma)


def log_cleanness(logits: Tensor) -> Tensor:
    """log((1 - f_RGB-HSV) (1 - f_Flow)), never above 0: (..., 2) -> (...)."""
    return nn.functional.logsigmoid(-logits).sum(-1)
