"""What changed between two pictures, as a map (BleedOrigin 4.1.1): for the onset, and as the tracker's MDG (5.4.2)."""

import torch
from torch import Tensor, nn

from .difference_stack import difference_stack
from .domains import DomainDifferences
from .gated_attention import MultiDomainGate


class ChangeMaps(nn.Module):
    """Three stacks of three convolutions, one for each domain, and the multi-domain gate."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.rgb = difference_stack(3, channels)
        self.hsv = difference_stack(3, channels)
        self.flow = difference_stack(2, channels)
        self.gate = MultiDomainGate(channels)

    def forward(self, change: DomainDifferences) -> Tensor:
        """Differences of P pairs of pictures (H, W): maps (P, channels, H / 8, W / 8)."""
        return self.gate(torch.cat([self.rgb(change.rgb), self.hsv(change.hsv), self.flow(change.flow)], 1))
