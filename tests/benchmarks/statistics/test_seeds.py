"""Spread over seeds."""

import math

import pytest

from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.statistics.seeds import Spread, spread


def test_three_seeds_are_worked_by_hand():
    # mean 4; squares of -2, 0, 2 are 8, over 3 - 1 seeds: sd = 2
    found = spread([Score(2.0, 5), Score(4.0, 5), Score(6.0, 5)])
    assert found == Spread(pytest.approx(4), pytest.approx(2), 3)


def test_one_seed_has_no_spread():
    found = spread([Score(0.5, 9)])
    assert (found.mean, found.n) == (0.5, 1) and math.isnan(found.sd)


def test_a_seed_without_a_figure_is_left_out():
    found = spread([Score.nothing(), Score(1.0, 1), Score(2.0, 1)])
    assert (found.mean, found.n) == (1.5, 2)
    assert spread([Score.nothing()]).n == 0 and math.isnan(spread([]).mean)
