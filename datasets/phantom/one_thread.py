"""One thread for the time of a computation: sums then have one order, and the same clip the same bytes anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use a single CPU thread inside the block; clips are rendered in parallel by processes instead."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
