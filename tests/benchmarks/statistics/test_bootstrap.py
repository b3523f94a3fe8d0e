"""Resamples stand for patients drawn anew, the same ones on every machine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.benchmarks.metrics.draws import Groups
from bleedkit.benchmarks.statistics.bootstrap import draws, draws_within

NO_ROWS = np.zeros(0, np.int64)


def groups_of(*patient):
    """Groups of clips of the patients given, without rows: draws depend on none."""
    return Groups(NO_ROWS, np.array(patient, np.int64))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.integers(0, 5))
def test_a_patient_drawn_k_times_brings_k_times_as_many_clips(clips, seed):
    patient = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(clips)), clips))
    found = draws(groups_of(*patient), 30, seed)
    assert (found.patients.sum(1) == len(clips)).all()
    for i, n in enumerate(clips):
        np.testing.assert_array_equal(found.clips[:, patient == i].sum(1), found.patients[:, i] * n)


def test_the_same_seed_gives_the_same_draws_and_another_gives_others():
    groups = groups_of(0, 1, 1, 2, 2, 2)
    first, again, other = draws(groups, 700, 3), draws(groups, 700, 3), draws(groups, 700, 4)
    np.testing.assert_array_equal(first.clips, again.clips)
    np.testing.assert_array_equal(first.patients, again.patients)
    assert (first.clips != other.clips).any()


def test_draws_come_from_the_raw_stream_whose_bits_numpy_promises():
    raw = [int(value) for value in np.random.PCG64(5).random_raw(4 * 7)]
    drawn = [(value >> 11) * 7 >> 53 for value in raw]  # whole numbers alone, no rounding anywhere
    expected = [[drawn[7 * i : 7 * i + 7].count(p) for p in range(7)] for i in range(4)]
    np.testing.assert_array_equal(draws(groups_of(*range(7)), 4, 5).patients, expected)


def test_counts_vary_as_two_stages_with_replacement_do():
    # Patient of c = 3 clips among P = 4: k ~ Binomial(4, 1/4) times drawn, variance 1 - 1/4. A clip of it stands
    # Binomial(3 k, 1/3) times, so its variance is E[3 k (1/3) (2/3)] + Var(k) = 2/3 + 3/4.
    found = draws(groups_of(0, 0, 0, 1, 2, 3), 40_000, 0)
    assert found.patients.mean(0) == pytest.approx([1, 1, 1, 1], abs=0.02)
    assert found.clips.mean(0) == pytest.approx([1] * 6, abs=0.03)
    assert found.patients.var(0) == pytest.approx([3 / 4] * 4, rel=0.04)
    assert found.clips[:, :3].var(0) == pytest.approx([2 / 3 + 3 / 4] * 3, rel=0.04)


def test_a_stratum_is_drawn_as_if_nothing_else_were_there():
    keep = np.array([False, True, True, False, True])
    whole = groups_of(0, 1, 1, 1, 2)
    within, alone = draws_within(whole, keep, 50, 2), draws(groups_of(0, 0, 1), 50, 2)
    np.testing.assert_array_equal(within.clips[:, keep], alone.clips)
    np.testing.assert_array_equal(within.patients[:, 1:], alone.patients)
    assert not within.clips[:, ~keep].any() and not within.patients[:, 0].any()


def test_no_patients_give_draws_of_nothing():
    found = draws(groups_of(), 5)
    assert found.patients.shape == (5, 0) and found.clips.shape == (5, 0)
