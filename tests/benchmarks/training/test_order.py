from collections import Counter

import pytest

from bleedkit.benchmarks.training.order import Order


def test_every_item_comes_once_an_epoch_in_another_order():
    order = Order(items=12, batch=3, world=1, seed=0)
    assert order.steps_per_epoch == 4
    epochs = [[key for step in range(4 * e, 4 * e + 4) for key in order.keys(step, 0)] for e in (0, 1)]
    for number, keys in enumerate(epochs):
        assert {epoch for epoch, _ in keys} == {number}
        assert sorted(index for _, index in keys) == list(range(12))
    assert [index for _, index in epochs[0]] != [index for _, index in epochs[1]]


def test_processes_share_a_step_of_the_same_items():
    one, two = Order(12, 4, 1, seed=5), Order(12, 2, 2, seed=5)
    assert one.steps_per_epoch == two.steps_per_epoch
    for step in range(7):
        shared = [*two.keys(step, 0), *two.keys(step, 1)]
        assert Counter(shared) == Counter(one.keys(step, 0))
        assert not set(two.keys(step, 0)) & set(two.keys(step, 1))


def test_the_last_step_of_an_epoch_is_filled_up():
    order = Order(items=5, batch=2, world=1, seed=0)
    keys = [index for step in range(3) for _, index in order.keys(step, 0)]
    assert len(keys) == 6
    assert keys[5] == keys[0], "filled up with the epoch's first"
    assert (
        Order(items=2, batch=5, world=1, seed=0).keys(0, 0)[:4]
        == Order(items=2, batch=2, world=1, seed=0).keys(0, 0) * 2
    )


def test_going_on_in_the_middle_gives_the_rest():
    order = Order(7, 2, 1, seed=3)
    assert list(order.batches(5, 9, 0)) == list(order.batches(0, 9, 0))[5:]


def test_seeds_differ_and_nothing_is_drawn_from_nothing():
    assert Order(50, 50, 1, 0).keys(0, 0) != Order(50, 50, 1, 1).keys(0, 0)
    with pytest.raises(ValueError, match="1 or more"):
        Order(0, 1, 1, 0)
