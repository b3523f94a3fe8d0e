"""Multi-scale deformable attention (Zhu et al., Deformable DETR, ICLR 2021, Eq. 3) by `grid_sample`."""

from collections.abc import Sequence
from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

_FEW: Final = 64  # cells of the finest map for every query, from which on queries are few


class DeformableAttention(nn.Module):
    """Each query looks at a few places round its reference point on every level, and says itself where and how much.

    width: channels of queries and maps; points: places per head and level. Parameters are named as in mmcv's module,
    whose checkpoints fit; mmcv adds the query to the answer, this does not.
    """

    def __init__(self, width: int, heads: int, levels: int, points: int = 4) -> None:
        super().__init__()
        self._shape = (heads, levels, points)
        self.sampling_offsets = nn.Linear(width, heads * levels * points * 2)
        self.attention_weights = nn.Linear(width, heads * levels * points)
        self.value_proj = nn.Linear(width, width)
        self.output_proj = nn.Linear(width, width)

    def forward(self, query: Tensor, reference: Tensor, maps: Sequence[Tensor]) -> Tensor:
        """Query (B, Q, C); reference (B or 1, Q, 2), x and y in [0, 1] of every map; maps (B, C, h, w) by level.

        Returns (B, Q, C). What lies outside a map counts as 0.
        """
        heads, levels, points = self._shape
        offsets = self.sampling_offsets(query).unflatten(-1, (heads, levels, points, 2))
        weights = self.attention_weights(query).unflatten(-1, (heads, -1)).softmax(-1).unflatten(-1, (levels, points))
        # Projecting whole maps is the greater part of the work where only a few places of them are looked at.
        look = self._look_then_project if _FEW * query.shape[1] < maps[0][0, 0].numel() else self._project_then_look
        seen = torch.zeros_like(query)
        for level, level_map in enumerate(maps):
            cells = offsets.new_tensor(level_map.shape[:-3:-1])
            places = 2 * (reference[:, :, None, None] + offsets[:, :, :, level] / cells) - 1
            seen = seen + look(level_map, places, weights[:, :, :, level])
        return self.output_proj(seen)

    def _project_then_look(self, level_map: Tensor, places: Tensor, weights: Tensor) -> Tensor:
        """One level's weighted values (B, Q, C) at places (B, Q, heads, points, 2) in [-1, 1]."""
        batch, queries, heads = weights.shape[:3]
        value = self.value_proj.weight @ level_map.flatten(2) + self.value_proj.bias[:, None]
        by_head = value.view(batch * heads, -1, *level_map.shape[2:])
        sampled = F.grid_sample(by_head, places.transpose(1, 2).flatten(0, 1), align_corners=False)
        seen = (sampled * weights.transpose(1, 2).flatten(0, 1)[:, None]).sum(-1)
        return seen.view(batch, -1, queries).mT

    def _look_then_project(self, level_map: Tensor, places: Tensor, weights: Tensor) -> Tensor:
        """The same in the other order; a place outside has no share of the projection's bias either."""
        heads = weights.shape[2]
        grid, share = places.flatten(1, 2), weights.flatten(1, 2)[:, None]
        seen = (F.grid_sample(level_map, grid, align_corners=False) * share).sum(-1).unflatten(2, (-1, heads))
        inside = F.grid_sample(torch.ones_like(level_map[:, :1]), grid, align_corners=False)
        covered = (inside * share).sum(-1).view(*weights.shape[:3], 1)
        projection = self.value_proj.weight.unflatten(0, (heads, -1))
        value = torch.einsum("hdc,bcqh->bqhd", projection, seen)
        return (value + covered * self.value_proj.bias.view(heads, -1)).flatten(2)


def centres(shapes: Sequence[tuple[int, int]], like: Tensor) -> Tensor:
    """Centres of all cells of maps of (h, w) cells, row by row and level by level: (1, sum of h * w, 2) in [0, 1]."""
    grids = []
    for height, breadth in shapes:
        y, x = torch.meshgrid(
            (torch.arange(height, device=like.device) + 0.5) / height,
            (torch.arange(breadth, device=like.device) + 0.5) / breadth,
            indexing="ij",
        )
        grids.append(torch.stack([x, y], -1).view(-1, 2))
    return torch.cat(grids)[None].to(like.dtype)
