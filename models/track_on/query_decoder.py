"""The query decoder: a point's descriptor becomes what to look for in this frame."""

import torch
from torch import Tensor, nn

from .blocks import WIDTH, AttentionBlock
from .memory import TRAINED_MEMORY, stretched_times


class QueryDecoder(nn.Module):
    """Three rounds: points look at the frame, at each other, and each at its own context memory."""

    def __init__(self) -> None:
        super().__init__()
        self.token_to_query = nn.ModuleList(AttentionBlock() for _ in range(3))
        self.query_to_query = nn.ModuleList(AttentionBlock() for _ in range(3))
        self.memory_to_query = nn.ModuleList(AttentionBlock() for _ in range(3))
        self.time_embedding = nn.Parameter(torch.zeros(1, TRAINED_MEMORY + 1, WIDTH))

    def forward(
        self, query: Tensor, cells: Tensor, memory: Tensor, blank: Tensor, live: Tensor, *, most: int
    ) -> Tensor:
        """Query (B, N, C), anew; cells (B, P, C) of the frame; memory (B, N, M, C), oldest first.

        blank (B, N, M) bool: memory from before the point was asked for; live (B, N) bool: points that others see.
        most: frames that the memory holds when it is full.
        """
        times = stretched_times(self.time_embedding, most, memory.shape[2])
        history, mask = memory.flatten(0, 1), blank.flatten(0, 1)
        mask = torch.cat([mask, mask.new_zeros(len(mask), 1)], 1)
        none = blank.all(-1)[..., None]
        others = ~live & live.any(-1, keepdim=True)
        rounds = zip(self.token_to_query, self.query_to_query, self.memory_to_query, strict=True)
        for look, talk, remember in rounds:
            query = look(query, cells, cells)
            query = talk(query, query, query, others)
            whole = torch.cat([history, query.flatten(0, 1)[:, None]], 1)
            placed = whole + times
            whole = remember(placed, placed, whole, mask)
            history, now = whole[:, :-1], whole[:, -1].view_as(query)
            query = torch.where(none, query, now)
        return query
