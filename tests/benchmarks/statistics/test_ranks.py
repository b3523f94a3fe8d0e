"""Ranks over resamples, beside SciPy's."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bleedkit.benchmarks.statistics.ranks import kendall_tau, rank_stability, ranked
from bleedkit.benchmarks.statistics.resampled import Resampled


def model(value, *draws):
    return Resampled(value, np.array(draws, np.float64), np.zeros(1), np.zeros(1), np.ones(1, np.int64))


def test_ranks_of_four_resamples_are_worked_by_hand():
    found = rank_stability(
        [model(0.9, 0.9, 0.8, 0.5, 0.9), model(0.7, 0.7, 0.9, 0.6, 0.9), model(0.1, 0, 0, 0, 0)], "higher"
    )
    assert found.rank.tolist() == [1, 2, 3]
    # ranks by resample: 1 2 3, 2 1 3, 2 1 3, 1 1 3 (a tie shares the better rank)
    assert found.frequency.tolist() == [[2 / 4, 2 / 4, 0], [3 / 4, 1 / 4, 0], [0, 0, 1]]
    assert found.mean.tolist() == [6 / 4, 5 / 4, 3]
    assert found.low.tolist() == [1, 1, 3] and found.high.tolist() == [2, 2, 3]
    # pairs as in the whole, less pairs the other way, over 3; the tie: 2 / sqrt(2 x 3)
    assert found.tau == pytest.approx([1, 1 / 3, 1 / 3, 2 / math.sqrt(6)])
    assert found.mean_tau == pytest.approx((1 + 2 / 3 + 2 / math.sqrt(6)) / 4)


def test_the_least_is_best_for_errors_and_the_smallest_for_signed_ones():
    models = [model(-4.0, -4.0), model(1.0, 1.0), model(3.0, 3.0)]
    assert rank_stability(models, "higher").rank.tolist() == [3, 2, 1]
    assert rank_stability(models, "lower").rank.tolist() == [1, 2, 3]
    assert rank_stability(models, "zero").rank.tolist() == [3, 1, 2]


def test_a_model_without_a_figure_ranks_last_and_several_share_that():
    found = rank_stability([model(math.nan, math.nan), model(0.1, 0.1), model(math.nan, math.nan)], "lower")
    assert found.rank.tolist() == [2, 1, 2]
    assert found.frequency.tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0]]


def test_one_model_is_first_and_has_no_tau():
    found = rank_stability([model(0.3, 0.2, 0.4)], "higher")
    assert found.rank.tolist() == [1] and found.frequency.tolist() == [[1]]
    assert math.isnan(found.mean_tau)


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4), min_size=1, max_size=5))
def test_ranks_and_tau_are_scipys_ties_included(rows):
    values = np.array(rows, np.float64)
    ranks = ranked(values)
    np.testing.assert_array_equal(ranks, stats.rankdata(values, method="min", axis=1))
    expected = [stats.kendalltau(row, ranks[0]).statistic for row in ranks]
    np.testing.assert_allclose(kendall_tau(ranks, ranks[0]), expected, atol=1e-12)
