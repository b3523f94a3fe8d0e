"""Re-ranking: the descriptor looks closer at the cells that suit it best."""

from collections.abc import Sequence
from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from .blocks import WIDTH, AttentionBlock, DeformableBlock

CANDIDATES: Final = 16


class Rerank(nn.Module):
    """The 16 cells of highest correlation are looked at one by one, then together."""

    def __init__(self) -> None:
        super().__init__()
        self.local_patch_encoder = nn.ModuleList(DeformableBlock() for _ in range(3))
        self.local_decoder = nn.ModuleList([AttentionBlock()])
        self.sample_projection = nn.Linear(2 * WIDTH, WIDTH)
        self.sample_query_fusion = nn.Linear(2 * WIDTH, WIDTH)
        self.sample_uncertainty = nn.Linear(WIDTH, 1)  # in the checkpoint; serves a loss of training alone

    def forward(self, query: Tensor, candidates: Tensor, maps: Sequence[Tensor]) -> Tensor:
        """Query (B, N, C), anew; candidates (B, N, K, 2), x and y in [0, 1]; maps: as `scrambled` gives them."""
        batch, points, count, _ = candidates.shape
        each = query[:, :, None].expand(-1, -1, count, -1)
        near = each.reshape(batch, points * count, WIDTH)
        for block in self.local_patch_encoder:
            near = block(near, candidates.flatten(1, 2), maps)
        near = self.sample_projection(torch.cat([each, near.view_as(each)], -1)).flatten(0, 1)
        chosen = query.flatten(0, 1)[:, None]
        for block in self.local_decoder:
            chosen = block(chosen, near, near)
        return self.sample_query_fusion(torch.cat([query, chosen.view_as(query)], -1))


def scrambled(maps: Sequence[Tensor]) -> list[Tensor]:
    """The pyramid the re-ranking was trained on: its coarsest map is no map.

    The official code averages blocks of 8 cells by 8 *channels* of the finest map and reads the result as a map; the
    weights have learnt to live with it.
    """
    finest, coarsest = maps[0], maps[-1]
    blocks = F.avg_pool2d(finest.flatten(2).mT, 8)
    return [*maps[:-1], blocks.reshape(coarsest.shape)]
