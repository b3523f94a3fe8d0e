"""Intervals lie where another's bootstrap puts them, and say where they cannot be relied on."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bleedkit.benchmarks.metrics.draws import Groups
from bleedkit.benchmarks.metrics.summary import Median, Ratio
from bleedkit.benchmarks.statistics.bootstrap import draws
from bleedkit.benchmarks.statistics.interval import interval, tail_of
from bleedkit.benchmarks.statistics.resampled import Resampled


def one_row_each(values, n=10_000):
    """Patients with one clip of one row: the mean of their values."""
    groups = Groups(np.arange(len(values)), np.arange(len(values)))
    return Resampled.of(Ratio(np.asarray(values, float), np.ones(len(values))), groups, draws(groups, n))


def test_the_tail_is_worked_by_hand():
    # t of 7 degrees of freedom at 2.5 % is -2.3646 by any table; times sqrt(8 / 7) = 1.0690 that is -2.5279.
    assert tail_of(0.025, 8) == pytest.approx(0.00574, abs=1e-5)
    assert tail_of(0.025, 100_000) == pytest.approx(0.025, rel=1e-3)


def test_of_one_row_a_patient_it_is_scipys_percentile_interval_at_the_widened_level():
    values = np.random.default_rng(0).normal(10, 3, 12)
    ours = interval(one_row_each(values))
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", confidence_level=1 - 2 * tail_of(0.025, 12), rng=1
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.04 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.04 * width)
    assert ours.reliable


def test_of_a_median_too():
    values = np.random.default_rng(1).normal(0, 1, 31)
    groups = Groups(np.arange(31), np.arange(31))
    ours = interval(Resampled.of(Median(values), groups, draws(groups)))
    theirs = stats.bootstrap(
        (values,),
        np.median,
        n_resamples=20_000,
        method="percentile",
        confidence_level=1 - 2 * tail_of(0.025, 31),
        rng=1,
    ).confidence_interval
    near = np.sort(values)  # ends lie on values, so Monte-Carlo error moves them by one value at most
    assert abs(np.searchsorted(near, ours.low) - np.searchsorted(near, theirs.low)) <= 1
    assert abs(np.searchsorted(near, ours.high) - np.searchsorted(near, theirs.high)) <= 1


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=9))
def test_it_lies_within_the_values_and_grows_with_the_level(values):
    figure = one_row_each(values, n=200)
    narrow, wide = interval(figure, 0.8), interval(figure, 0.95)
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    assert min(values) - 1e-9 <= wide.low and wide.high <= max(values) + 1e-9


def test_clips_of_one_patient_count_less_than_as_many_patients():
    values = np.random.default_rng(0).normal(0, 1, 8)
    apart = one_row_each(np.repeat(values, 5))
    patient = np.repeat(np.arange(8), 5)
    groups = Groups(np.arange(40), patient)
    together = Resampled.of(Ratio(np.repeat(values, 5), np.ones(40)), groups, draws(groups))
    assert apart.value == pytest.approx(together.value)
    narrow, wide = interval(apart), interval(together)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)  # sqrt(5) = 2.2, and t of 7 for 39 degrees of freedom


@pytest.mark.parametrize("n", [0, 1])
def test_of_fewer_than_two_patients_there_is_none(n):
    found = interval(one_row_each([0.5] * n, n=20))
    assert math.isnan(found.low) and math.isnan(found.high)
    assert (
        found.why
        == ("0 patients with anything to score, fewer than 6", "1 patient with anything to score, fewer than 6")[n]
    )


def two_clips_each(values):
    """Two clips a patient, each with its value."""
    groups = Groups(np.arange(2 * len(values)), np.repeat(np.arange(len(values)), 2))
    summary = Ratio(np.repeat(np.asarray(values, float), 2), np.ones(2 * len(values)))
    return Resampled.of(summary, groups, draws(groups, 500))


def test_five_patients_are_too_few_and_six_are_not():
    values = [0.1, 0.5, 0.3, 0.9, 0.7, 0.2]
    assert interval(two_clips_each(values)).reliable
    assert interval(two_clips_each(values[:5])).why == "5 patients with anything to score, fewer than 6"


def test_nine_clips_are_too_few_and_ten_are_not():
    values = np.linspace(0, 1, 10)
    assert interval(one_row_each(values)).reliable
    assert interval(one_row_each(values[:9])).why == "9 clips with anything to score, fewer than 10"


def test_patients_that_are_nearly_all_perfect_make_it_unreliable():
    assert interval(one_row_each([1.0] * 8 + [0.5, 0.8, 0.6, 0.1])).reliable  # 8 of 12 are two thirds and no more
    for end in (1.0, 0.0):
        assert (
            interval(one_row_each([end] * 9 + [0.5, 0.8, 0.6])).why == "9 of 12 patients have the same extreme figure"
        )


def test_resamples_with_nothing_to_score_make_it_unreliable():
    figure = one_row_each(np.linspace(0, 1, 12), n=1000)
    figure.draws[:30] = math.nan
    assert interval(figure).why == "3% of the resamples have nothing to score"


def test_resamples_on_one_side_make_it_unreliable():
    figure = one_row_each(np.linspace(0, 1, 12), n=1000)
    moved = replace(figure, draws=figure.draws + figure.draws.std())
    assert interval(moved).why == "resamples lie to one side of the figure"
