"""The heads: where in its cell a point is, whether it is visible, and how far it may be off."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .blocks import WIDTH, DeformableBlock
from .features import GRID


class OffsetHead(nn.Module):
    """From a cell's centre to the point."""

    def __init__(self) -> None:
        super().__init__()
        self.local_transformer = nn.ModuleList(DeformableBlock() for _ in range(3))
        self.offset_layer = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 2), nn.Tanh())

    def forward(self, query: Tensor, places: Tensor, maps: Sequence[Tensor]) -> Tensor:
        """For query (B, N, C) at places (B, N, 2): the way (B, N, 2) to the point, at most a cell; all in [0, 1]."""
        for block in self.local_transformer:
            query = block(query, places, maps)
        return self.offset_layer(query) / query.new_tensor(GRID[::-1])


class VisibilityHead(nn.Module):
    """What is seen at the point, judged twice."""

    def __init__(self) -> None:
        super().__init__()
        self.decoder_layer = DeformableBlock()
        self.vis_layer = nn.Linear(2 * WIDTH, 1)
        self.unc_layer = nn.Linear(2 * WIDTH, 1)

    def forward(self, query: Tensor, places: Tensor, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Logits (B, N): visible; hidden or more than 8 network pixels off."""
        both = torch.cat([query, self.decoder_layer(query, places, maps)], -1)
        return self.vis_layer(both)[..., 0], self.unc_layer(both)[..., 0]
