import numpy as np
import pytest

from bleedkit.annotate.consensus.bland_altman import bland_altman


def test_bias_and_limits_by_hand():
    # Mean (1 + 3 + 5 - 1) / 4 = 2; squares round it 1 + 1 + 9 + 9 = 20, so SD = sqrt(20 / 3).
    found = bland_altman(np.array([1.0, 3, 5, -1]))
    assert found.bias == 2
    assert found.high == pytest.approx(2 + 1.96 * (20 / 3) ** 0.5, abs=1e-3)
    assert found.low == pytest.approx(2 - 1.96 * (20 / 3) ** 0.5, abs=1e-3)
    assert found.n == 4


def test_one_difference_has_a_bias_and_no_limits():
    found = bland_altman(np.array([3.0]))
    assert (found.bias, found.n) == (3, 1)
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def test_none_has_nothing():
    found = bland_altman(np.zeros(0))
    assert np.isnan(found.bias)
    assert found.n == 0
