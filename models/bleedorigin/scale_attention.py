"""Attn(F_h, F_r, F_v) of BleedOrigin Eq. 3, at one scale: heat-map queries, red-mask keys, encoder values."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class ScaleAttention(nn.Module):
    """Every pixel of a scale asks its neighbours (2 * reach + 1 by as many, itself in the middle).

    softmax(Q K^T / sqrt(d) + b) V as in any transformer, with a learnt bias b for each neighbour's place, but over the
    neighbourhood instead of the whole scale. At scale H every pixel by every pixel would be 4e10 products for 448 px;
    and as keys (how red) say nothing of where they are, a pixel would get the same mixture of the whole picture
    wherever it lies, and no heat could be put where the encoder saw something. Four scales make neighbourhoods of 5,
    10, 20 and 40 px at the default reach.
    """

    def __init__(self, queried: int, valued: int, width: int, *, heads: int = 4, reach: int = 2) -> None:
        super().__init__()
        self._heads, self._reach = heads, reach
        self.query = nn.Conv2d(queried, width, 1)
        self.key = nn.Conv2d(1, width, 3, padding=1)
        self.value = nn.Conv2d(valued, width, 1)
        self.place = nn.Parameter(torch.zeros(heads, (2 * reach + 1) ** 2))

    def forward(self, heat: Tensor, red: Tensor, seen: Tensor) -> Tensor:
        """F_h (B, queried, h, w) and F_r (B, 1, h, w) of this scale, F_v (B, valued, any, any): (B, width, h, w)."""
        # A projection and a stretching commute, and the small map is the cheaper one to project.
        value = F.interpolate(self.value(seen), heat.shape[-2:], mode="bilinear", align_corners=False)
        return neighbour_attention(self.query(heat), self.key(red), value, self.place, self._reach)


def neighbour_attention(query: Tensor, key: Tensor, value: Tensor, place: Tensor, reach: int) -> Tensor:
    """Attention of every pixel over its neighbours, row by row; all (B, C, h, w). Past the border, the border again.

    place (heads, (2 * reach + 1) ** 2): added to the logits of each neighbour, row by row.
    """
    heads, channels = len(place), query.shape[1]
    query, key, value = (each.unflatten(1, (heads, -1)) for each in (query, key, value))
    query = query * (channels // heads) ** -0.5
    keys, values = _neighbours(key, reach), _neighbours(value, reach)
    logits = torch.stack([(query * one).sum(2) for one in keys], 2) + place[None, :, :, None, None]
    weights = logits.softmax(2)
    seen = torch.zeros_like(value)
    for i, one in enumerate(values):  # one neighbour at a time: all at once would be 25 copies of the largest map
        seen = seen + weights[:, :, None, i] * one
    return seen.flatten(1, 2)


def _neighbours(by_head: Tensor, reach: int) -> list[Tensor]:
    """(B, heads, C, h, w) as each pixel's neighbour up left, ..., down right: views of one padded copy."""
    height, breadth = by_head.shape[-2:]
    padded = F.pad(by_head.flatten(1, 2), (reach,) * 4, mode="replicate").view(
        *by_head.shape[:3], height + 2 * reach, breadth + 2 * reach
    )
    side = range(2 * reach + 1)
    return [padded[..., dy : dy + height, dx : dx + breadth] for dy in side for dx in side]
