import random

import numpy as np
import torch

from bleedkit.benchmarks.training.seeding import deterministic, item_generator, seed_step


def drawn():
    return random.random(), np.random.random(), torch.rand(1).item()  # noqa: NPY002


def test_a_step_draws_the_same_whatever_came_before():
    seed_step(3, 10, 0)
    first = drawn()
    drawn()
    seed_step(3, 10, 0)
    assert drawn() == first
    for other in ((3, 11, 0), (3, 10, 1), (4, 10, 0)):
        seed_step(*other)
        assert not set(drawn()) & set(first)


def test_an_item_draws_by_seed_epoch_and_index():
    keys = [(0, 0, 1), (0, 1, 0), (1, 0, 0), (0, 1, 1)]
    assert len({item_generator(*key).random() for key in keys}) == 4
    assert item_generator(0, 1, 1).random() == item_generator(0, 1, 1).random()


def test_algorithms_are_held_inside_only():
    assert not torch.are_deterministic_algorithms_enabled()
    with deterministic(torch.device("cpu")):
        assert torch.are_deterministic_algorithms_enabled()
    assert not torch.are_deterministic_algorithms_enabled()
