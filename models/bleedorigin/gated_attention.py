"""MDG, the multi-domain gate (BleedOrigin 4.1.1, Fig. 5C): maps of three domains become one.

The paper draws it and names its parts; ours are: the channel attention is CBAM's (Woo et al. 2018: one MLP for the mean
and the maximum of a channel, as blood that has just come is a spot that a mean does not see); a branch is two 3x3
convolutions; the gate weighs the three branches anew at every place, as Sec. 7.2 has it guide attention in space.
"""

from typing import Final

import torch
from torch import Tensor, nn

DOMAINS: Final = 3


class ChannelAttention(nn.Module):
    """Reweighs channels by what all of them show, each by a factor in 0..1."""

    def __init__(self, channels: int, *, reduction: int = 4) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.mlp = nn.Sequential(nn.Linear(channels, hidden), nn.GELU(), nn.Linear(hidden, channels))

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (B, C, H, W), reweighed."""
        weight = self.mlp(maps.mean((2, 3))) + self.mlp(maps.amax((2, 3)))
        return maps * weight.sigmoid()[..., None, None]


class MultiDomainGate(nn.Module):
    """Fuses F_RGB, F_HSV and F_Flow, each of `channels` (the paper's C), into one map of as many."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channel_attention = ChannelAttention(DOMAINS * channels)
        self.branches = nn.ModuleList(_branch(DOMAINS * channels, channels) for _ in range(DOMAINS))
        self.gate = nn.Conv2d(DOMAINS * channels, DOMAINS, 1)

    def forward(self, domains: Tensor) -> Tensor:
        """The three maps, one after the other in the channels: (B, 3C, H, W) -> (B, C, H, W)."""
        fused = self.channel_attention(domains)  # F_c
        branches = [branch(fused) for branch in self.branches]
        weights = self.gate(torch.cat(branches, 1)).softmax(1)  # of the branches at a place; they sum to 1
        return (torch.stack(branches, 1) * weights[:, :, None]).sum(1)


def _branch(channels: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, out, 3, padding=1), nn.GELU(), nn.Conv2d(out, out, 3, padding=1))
