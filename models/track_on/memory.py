"""The spatial memory: how each tracked point looked where it was found, and what that says about the next frame."""

from collections.abc import Sequence
from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from .blocks import WIDTH, AttentionBlock, DeformableBlock

TRAINED_MEMORY: Final = 12  # frames


class SpatialMemory(nn.Module):
    """Corrects a point's descriptor before a frame is looked at, and says after it what to remember."""

    def __init__(self) -> None:
        super().__init__()
        self.query_to_feature = nn.ModuleList(DeformableBlock() for _ in range(3))
        self.memory_to_memory = nn.ModuleList([AttentionBlock()])
        self.query_to_memory = nn.ModuleList([AttentionBlock()])
        self.augment_layer = nn.Linear(2 * WIDTH, WIDTH)
        self.query_residual = nn.Linear(WIDTH, WIDTH)
        self.time_embedding = nn.Parameter(torch.zeros(1, TRAINED_MEMORY + 1, WIDTH))

    def read(self, descriptor: Tensor, memory: Tensor, ignored: Tensor, *, most: int) -> Tensor:
        """The descriptor (B, N, C) corrected by memory (B, N, M, C), oldest first, but for ignored (B, N, M) bool.

        most: frames that the memory holds when it is full.
        """
        if not memory.shape[2]:
            return descriptor
        times = stretched_times(self.time_embedding, most, memory.shape[2])
        flat, mask, empty = _without_empty_rows(memory, ignored)
        for block in self.memory_to_memory:
            placed = flat + times[:, :-1]
            flat = block(placed, placed, flat, mask)
        query = descriptor.flatten(0, 1)[:, None] + times[:, -1:]
        for block in self.query_to_memory:
            query = block(query, flat + times[:, :-1], flat, mask)
        correction = self.query_residual(query).view_as(descriptor)
        return descriptor + correction.masked_fill(empty[..., None], 0)

    def write(self, descriptor: Tensor, found: Tensor, places: Tensor, seen: Sequence[Tensor]) -> Tensor:
        """What to remember (B, N, C) of points found at `places` (B, N, 2), in [0, 1], of the pyramid `seen`."""
        entry = self.augment_layer(torch.cat([found, descriptor], -1))
        for block in self.query_to_feature:
            entry = block(entry, places, seen)
        return entry


def stretched_times(times: Tensor, most: int, filled: int) -> Tensor:
    """Embeddings (1, filled + 1, C) for the latest frames of a memory that holds `most`, and for now.

    times (1, T + 1, C): as learnt for a memory of T frames, the last for now; stretched end to end.
    """
    past = F.interpolate(times[:, :-1].mT, most, mode="linear", align_corners=True).mT
    return torch.cat([past[:, most - filled :], times[:, -1:]], 1)


def _without_empty_rows(memory: Tensor, ignored: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(B * N, M, C), its mask, and which (B, N) have no memory: those look at all of it, as softmax needs something."""
    empty = ignored.all(-1)
    return memory.flatten(0, 1), (ignored & ~empty[..., None]).flatten(0, 1), empty
