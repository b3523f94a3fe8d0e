"""What the parts of Track-On are built from: two kinds of post-norm transformer block, and a pyramid of maps."""

from collections.abc import Sequence
from typing import Final

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from .deformable_attention import DeformableAttention

WIDTH: Final = 256
HEADS: Final = 8
LEVELS: Final = 4


class AttentionBlock(nn.Module):
    """Queries look at keys; then a feed-forward of four times the width."""

    def __init__(self) -> None:
        super().__init__()
        self.mha = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.linear1 = nn.Linear(WIDTH, 4 * WIDTH)
        self.linear2 = nn.Linear(4 * WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, ignored: Tensor | None = None) -> Tensor:
        """Query (B, Q, C), anew; key, value (B, K, C); ignored (B, K) bool: keys not looked at."""
        seen, _ = self.mha(query, key, value, key_padding_mask=ignored, need_weights=False)
        query = self.norm1(query + seen)
        return self.norm2(query + self.linear2(F.relu(self.linear1(query))))


class DeformableBlock(nn.Module):
    """Queries look at a few places round a point of a pyramid; then a feed-forward of four times the width."""

    def __init__(self) -> None:
        super().__init__()
        self.mha = DeformableAttention(WIDTH, HEADS, LEVELS)
        self.linear1 = nn.Linear(WIDTH, 4 * WIDTH)
        self.linear2 = nn.Linear(4 * WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)

    def forward(self, query: Tensor, places: Tensor, maps: Sequence[Tensor]) -> Tensor:
        """Query (B, Q, C), anew; places (B, Q, 2), x and y in [0, 1]; maps (B, C, h, w) by level."""
        query = self.norm1(2 * query + self.mha(query, places, maps))  # block and attention both add the query
        return self.norm2(query + self.linear2(F.relu(self.linear1(query))))


def pyramid(finest: Tensor) -> list[Tensor]:
    """A map (B, C, h, w), and its means over cells of 2, 4 and 8 by as many."""
    return [finest, *(F.avg_pool2d(finest, 2**level) for level in range(1, LEVELS))]
