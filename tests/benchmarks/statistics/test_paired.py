"""Comparisons of two models on the same patients."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bleedkit.benchmarks.metrics.draws import Groups
from bleedkit.benchmarks.metrics.summary import Ratio
from bleedkit.benchmarks.statistics.bootstrap import draws
from bleedkit.benchmarks.statistics.paired import difference
from bleedkit.benchmarks.statistics.resampled import Resampled


def models(*values, n=2000):
    """Each model's value of each patient, on the same draws."""
    patients = np.arange(len(values[0]))
    groups = Groups(patients, patients)
    shared = draws(groups, n)
    return [Resampled.of(Ratio(np.asarray(v, float), np.ones(len(v))), groups, shared) for v in values]


def test_a_model_is_as_good_as_itself():
    a, b = models(*[np.linspace(0, 1, 8)] * 2)
    found = difference(a, b)
    assert (found.delta, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_the_same_difference_in_every_patient_is_seen_however_much_patients_differ():
    hard = np.array([0.1, 0.9, 0.4, 0.2, 0.8, 0.6, 0.3, 0.5])
    found = difference(*models(hard + 0.05, hard))
    assert found.delta == pytest.approx(0.05)
    assert (found.low, found.high) == pytest.approx((0.05, 0.05))
    # No resample of 2,000 is at 0 or below: the tail counts as 1 / 2001, the p of which is worked with SciPy.
    assert found.p == pytest.approx(2 * stats.t.sf(-stats.norm.ppf(1 / 2001) * math.sqrt(7 / 8), 7))


@given(st.integers(0, 40), st.floats(-1, 1), st.integers(10, 14))
def test_p_is_below_five_percent_where_the_interval_leaves_zero_out(seed, shift, n):
    rng = np.random.default_rng(seed)
    a, b = models(rng.normal(shift, 1, n), rng.normal(0, 1, n), n=4000)
    found = difference(a, b)
    outside = found.low > 0 or found.high < 0
    assert outside == (found.p < 0.05) or abs(found.p - 0.05) < 0.01  # quantiles are taken between two resamples


@given(st.integers(0, 20))
def test_turned_round_it_is_the_same_with_the_sign_changed(seed):
    rng = np.random.default_rng(seed)
    a, b = models(rng.normal(0.4, 1, 7), rng.normal(0, 1, 7), n=300)
    ab, ba = difference(a, b), difference(b, a)
    assert (ab.delta, ab.low, ab.high) == pytest.approx((-ba.delta, -ba.high, -ba.low))
    assert ab.p == ba.p


def test_it_is_about_the_paired_t_test_where_that_holds():
    rng = np.random.default_rng(2)
    common = rng.normal(0, 3, 30)
    a, b = common + rng.normal(0.35, 1, 30), common + rng.normal(0, 1, 30)
    found = difference(*models(a, b, n=10_000))
    assert found.p == pytest.approx(stats.ttest_rel(a, b).pvalue, rel=0.35)
    assert found.reliable


def test_signed_errors_are_compared_by_size():
    late, early = np.full(8, 3.0), np.full(8, -5.0)
    assert difference(*models(late, early), better="zero").delta == 3 - 5


def test_five_patients_give_no_p():
    found = difference(*models([1, 2, 3, 4, 5], [0, 1, 1, 2, 2]))
    assert math.isnan(found.p) and not found.reliable
