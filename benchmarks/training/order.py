"""Which items each step takes: drawn anew every epoch, shared out over processes, and known without any state."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Key = tuple[int, int]
"""Epoch and index of an item."""


@dataclass(frozen=True)
class Order:
    """items: of an epoch. batch: items a process takes in a step. world: processes.

    The items of a step are the same whether one process takes `batch * world` of them or `world` take `batch` each.
    """

    items: int
    batch: int
    world: int
    seed: int

    def __post_init__(self) -> None:
        if min(self.items, self.batch, self.world) < 1:
            raise ValueError(f"items, batch and world must be 1 or more, got {self}")

    @property
    def steps_per_epoch(self) -> int:
        """Steps until every item was taken; the last one is filled up with items of the epoch's start."""
        return -(-self.items // (self.batch * self.world))

    def keys(self, step: int, rank: int) -> list[Key]:
        """What process `rank` takes at a step, counted from 0 over all epochs."""
        epoch, place = divmod(step, self.steps_per_epoch)
        drawn = np.random.default_rng([self.seed, 0, epoch]).permutation(self.items)
        whole = self.batch * self.world
        taken = np.arange(place * whole, (place + 1) * whole)[rank :: self.world] % self.items
        return [(epoch, int(index)) for index in drawn[taken]]

    def batches(self, first: int, steps: int, rank: int) -> Iterator[list[Key]]:
        """`keys` of the steps from `first` on, up to `steps`."""
        for step in range(first, steps):
            yield self.keys(step, rank)
