"""How a frame's changes to the frame before it and to the clean views become one feature.

The paper compares with all of them and does not say how the comparisons are joined. Ours: attention from the newest
comparison over all of them, each view's share also multiplied by how clean it was found. That product is what teaches
the judge of clean views: Eq. 1 is a threshold, through which no gradient comes.
"""

import math

import torch
from torch import Tensor, nn


class ViewAttention(nn.Module):
    """Joins 1 + M comparisons of a frame; a frame without clean views looks at its newest comparison alone."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.join = nn.Linear(2 * width, width)

    def forward(self, newest: Tensor, views: Tensor, cleanness: Tensor, stored: Tensor) -> Tensor:
        """One feature (..., C) a frame.

        newest (..., C): its change from the frame before; views (..., M, C): from each stored view; cleanness (..., M):
        log of the factor on a view's share; stored (..., M) bool: which of the M there are.
        """
        compared = torch.cat([newest[..., None, :], views], -2)
        score = (self.key(compared) @ self.query(newest)[..., None])[..., 0] / math.sqrt(newest.shape[-1])
        share = torch.cat([score[..., :1], (score[..., 1:] + cleanness).masked_fill(~stored, -math.inf)], -1)
        seen = (share.softmax(-1)[..., None] * compared).sum(-2)
        return self.join(torch.cat([newest, seen], -1))
