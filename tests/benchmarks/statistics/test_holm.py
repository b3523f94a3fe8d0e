"""Holm's adjusted p-values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.benchmarks.statistics.holm import holm

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def test_adjusted_p_are_worked_by_hand():
    # ascending: 4 x 0.005 = 0.02; 3 x 0.01 = 0.03; 2 x 0.03 = 0.06; 1 x 0.04 = 0.04, but no less than 0.06
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.5]) == pytest.approx([1.0, 1.0])
    assert len(holm([])) == 0


def test_nan_is_no_comparison():
    assert holm([math.nan, 0.02, 0.03]) == pytest.approx([math.nan, 0.04, 0.04], nan_ok=True)


@given(SHARES, st.sampled_from([0.01, 0.05, 0.2]))
def test_it_rejects_what_holms_steps_reject(p, level):
    rejected = set()
    for step, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        if p[i] > level / (len(p) - step):
            break
        rejected.add(i)
    near = any(abs(p[i] * k - level) < 1e-12 for i in range(len(p)) for k in range(1, len(p) + 1))
    assert near or set(np.flatnonzero(holm(p) <= level).tolist()) == rejected


@given(SHARES, st.randoms())
def test_it_is_no_less_than_p_and_order_does_not_matter(p, random):
    adjusted = holm(p)
    assert (adjusted >= np.array(p)).all() and (adjusted <= 1).all()
    order = random.sample(range(len(p)), len(p))
    np.testing.assert_allclose(holm([p[i] for i in order]), adjusted[order])
