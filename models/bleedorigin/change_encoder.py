"""One vector for what changed between two pictures: the features of BleedOrigin 4.1.1 behind its MDG."""

import torch
from torch import Tensor, nn

from .change_maps import ChangeMaps
from .domains import DomainDifferences


class ChangeEncoder(nn.Module):
    """The map of what changed, and a vector of `width` from it.

    How a map becomes a frame's feature is not in the paper. Ours: its means and its maxima, through one linear layer:
    blood that has just come is a spot, which only a maximum sees.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.maps = ChangeMaps(channels)
        self.to_vector = nn.Linear(2 * channels, width)

    def forward(self, change: DomainDifferences) -> Tensor:
        """Differences of P pairs -> (P, width)."""
        maps = self.maps(change)
        return self.to_vector(torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], 1))
