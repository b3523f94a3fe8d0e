"""A figure with its resamples: alone, without, mean over seeds, differences."""

import math

import numpy as np
import pytest

from bleedkit.benchmarks.metrics.auroc import Auroc
from bleedkit.benchmarks.metrics.draws import Draws, Groups
from bleedkit.benchmarks.metrics.summary import Ratio
from bleedkit.benchmarks.statistics.resampled import Resampled

# Patients 0, 1, 2 with clips (0, 1), (2), (3); two rows a clip.
GROUPS = Groups(np.repeat(np.arange(4), 2), np.array([0, 0, 1, 2], np.int64))
TOP = np.array([1.0, 1, 0, 1, 0, 0, 0, 0])
BOTTOM = np.array([1.0, 1, 1, 1, 1, 1, 0, 0])
ONE_DRAW = Draws(np.array([[2, 1, 0]], np.float32), np.array([[1, 3, 1, 0]], np.float32))


def figure(value, draws, alone=(0.0,), without=(0.0,)):
    return Resampled(
        value, *(np.array(part, np.float64) for part in (draws, alone, without)), np.ones(len(alone), np.int64)
    )


def test_alone_and_without_are_worked_by_hand():
    found = Resampled.of(Ratio(TOP, BOTTOM), GROUPS, ONE_DRAW)
    assert found.value == 3 / 6
    assert found.draws == pytest.approx([(2 + 3 * 1 + 0) / (2 + 3 * 2 + 2)])
    np.testing.assert_allclose(found.alone, [3 / 4, 0 / 2, math.nan])
    np.testing.assert_allclose(found.without, [0 / 2, 3 / 4, 3 / 6])


def test_a_patient_with_nothing_to_score_does_not_count():
    assert Resampled.of(Ratio(TOP, BOTTOM), GROUPS, ONE_DRAW).counted.tolist() == [True, True, False]


def test_a_patient_that_is_scored_only_in_company_counts():
    # Patient 0 always bleeds and patient 1 never does: no AUROC of one of them, yet there is one of both.
    groups = Groups(np.arange(2), np.arange(2))
    found = Resampled.of(
        Auroc(np.array([0.9, 0.1]), np.array([True, False])), groups, Draws(*[np.ones((1, 2), "f4")] * 2)
    )
    assert np.isnan(found.alone).all() and found.value == 1
    assert found.counted.all()


def test_a_stratum_is_scored_by_its_clips_alone():
    keep = np.array([True, False, True, False])
    draws = Draws(np.array([[1, 1, 0]], np.float32), np.array([[1, 0, 1, 0]], np.float32))
    found = Resampled.of(Ratio(TOP, BOTTOM), GROUPS, draws, keep)
    assert found.value == 2 / 4
    np.testing.assert_allclose(found.alone, [2 / 2, 0 / 2, math.nan])


def test_the_mean_over_seeds_is_taken_draw_by_draw():
    mean = Resampled.mean([figure(0.2, [0.1, 0.4, math.nan]), figure(0.4, [0.3, math.nan, math.nan])])
    assert mean.value == pytest.approx((0.2 + 0.4) / 2)
    np.testing.assert_allclose(mean.draws, [(0.1 + 0.3) / 2, 0.4, math.nan])


def test_a_seed_without_a_figure_is_left_out_and_no_seeds_are_a_slip():
    assert Resampled.mean([figure(math.nan, [1.0]), figure(3.0, [2.0])]).value == 3
    with pytest.raises(ValueError, match="at least"):
        Resampled.mean([])


def test_a_difference_is_paired_and_of_sizes_where_zero_is_best():
    a, b = figure(-3.0, [-2.0, -4.0]), figure(1.0, [-1.0, 3.0])
    assert a.minus(b).value == -4 and a.minus(b).draws.tolist() == [-1, -7]
    assert a.minus(b, "zero").value == 3 - 1 and a.minus(b, "zero").draws.tolist() == [2 - 1, 4 - 3]


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="without"):
        figure(0.0, [0.0], alone=(0.0, 1.0))
