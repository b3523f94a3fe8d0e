"""Processes that train together: started by torchrun, or one alone. They average gradients and stop together."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import torch
import torch.distributed as dist
from torch import Tensor

from ...models.device import device_here

_PATIENCE: Final = timedelta(minutes=30)  # one process may fill the cache of frames while the others wait


@dataclass(frozen=True)
class Ranks:
    """One process among `world`. rank 0 is the one that writes. local: its number on this machine."""

    rank: int = 0
    world: int = 1
    local: int = 0

    @classmethod
    def of_environment(cls) -> "Ranks":
        """As torchrun tells it; one process alone where nobody does."""
        rank, world, local = (
            int(os.environ.get(name, default))
            for name, default in (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))
        )
        return cls(rank, world, local)

    @property
    def writes(self) -> bool:
        """Whether this process is the one that writes files and talks."""
        return self.rank == 0

    def device(self, wanted: str) -> torch.device:
        """The process's own device; `auto` and `cuda` share out the machine's GPUs."""
        return torch.device(device_here(wanted, self.local))

    def wait(self) -> None:
        """Until every process is here."""
        if self.world > 1:
            dist.barrier()

    @contextmanager
    def first_here_first(self) -> Iterator[None]:
        """Let one process of each machine go through alone, then the others: it fills caches, they find them full."""
        if self.local:
            self.wait()
        yield
        if not self.local:
            self.wait()

    def mean(self, values: Tensor) -> Tensor:
        """The mean over processes; anybody's NaN is everybody's."""
        if self.world > 1:
            dist.all_reduce(values)
            values /= self.world
        return values


@contextmanager
def together(ranks: Ranks, device: torch.device) -> Iterator[None]:
    """Be connected to the other processes: nccl on GPUs, gloo on CPUs; nothing where there are no others."""
    if ranks.world == 1 or dist.is_initialized():
        yield
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    try:
        yield
    finally:
        dist.destroy_process_group()
