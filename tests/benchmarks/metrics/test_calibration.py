"""Calibration by hand; torchmetrics agrees in test_presence, the resampling is tested in test_summary."""

import numpy as np
import pytest

from bleedkit.benchmarks.metrics.calibration import BINS, Calibration, brier, reliability_curve
from bleedkit.benchmarks.metrics.draws import Groups
from bleedkit.benchmarks.metrics.score import Score

ONE = Groups(np.zeros(0, np.int64), np.zeros(1, np.int64))
SAID = np.array([0.0, 0.05, 0.5, 0.51, 0.5, 1.0, 0.99, np.nan])
CAME = np.array([0, 1, 1, 0, 0, 1, 1, 1], bool)


def test_expected_calibration_error():
    # Bins: 0 and 0.05 in the first, 0.5, 0.51 and 0.5 in the eighth, 1 and 0.99 in the last.
    gaps = abs(0.05 - 1), abs(0.5 + 0.51 + 0.5 - 1), abs(1 + 0.99 - 2)
    assert Calibration(SAID, CAME).score(ONE).value == pytest.approx(sum(gaps) / 7)
    assert Calibration(SAID, CAME).score(ONE).n == 7


def test_brier():
    found = brier(SAID, CAME).score(ONE)
    assert found.value == pytest.approx((0 + 0.95**2 + 0.5**2 + 0.51**2 + 0.5**2 + 0 + 0.01**2) / 7)
    assert found.n == 7


def test_the_curve():
    curve = reliability_curve(SAID, CAME)
    assert curve.n[[0, 7, 14]].tolist() == [2, 3, 2]
    assert curve.confidence[[0, 7, 14]] == pytest.approx([0.025, 1.51 / 3, 0.995])
    assert curve.frequency[[0, 7, 14]] == pytest.approx([1 / 2, 1 / 3, 1])
    empty = np.delete(np.arange(BINS), [0, 7, 14])
    assert (curve.n[empty] == 0).all()
    assert np.isnan(curve.confidence[empty]).all()
    assert np.isnan(curve.frequency[empty]).all()


def test_right_and_sure_is_best():
    sure = Calibration(np.array([0.0, 1.0, 1.0]), np.array([False, True, True]))
    assert sure.score(ONE) == Score(0.0, 3)


def test_of_nothing():
    nothing = np.full(3, np.nan), np.ones(3, bool)
    assert str(Calibration(*nothing).score(ONE)) == str(brier(*nothing).score(ONE)) == str(Score.nothing())
    assert reliability_curve(*nothing).n.sum() == 0
