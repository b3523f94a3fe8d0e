"""Every random number of a training hangs on the seed and on where it is drawn, so no generator's state is kept."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def item_generator(seed: int, epoch: int, index: int) -> np.random.Generator:
    """What an item draws its augmentation from: the same in any process, whatever was drawn before."""
    return np.random.default_rng([seed, 1, epoch, index])


def seed_step(seed: int, step: int, rank: int) -> None:
    """Set Python's, NumPy's and torch's global generators for one step of one process.

    Dropout and whatever else draws inside a model then comes out the same after a resume at any step.
    """
    words = np.random.SeedSequence([seed, 2, step, rank]).generate_state(3)
    random.seed(int(words[0]))
    np.random.seed(int(words[1]))  # noqa: NPY002 - a model's library may draw from it
    torch.manual_seed(int(words[2]))


@contextmanager
def deterministic(device: torch.device) -> Iterator[None]:
    """On the CPU, hold torch to algorithms that give the same bits every time, and to one thread; as before on leaving.

    Sums come out in another order with another number of threads, and on a busy machine several wait for each other far
    longer than they work: torchrun is there for more cores. Not on a GPU: several of the models' backward passes
    (bilinear enlarging, sampling a map) have no deterministic form there.
    """
    before, threads = torch.are_deterministic_algorithms_enabled(), torch.get_num_threads()
    on_cpu = device.type == "cpu"
    torch.use_deterministic_algorithms(on_cpu or before)
    torch.set_num_threads(1 if on_cpu else threads)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
        torch.set_num_threads(threads)
