"""NEES: by hand, and 2 on average where the errors are as stated."""

import numpy as np

from bleedkit.pseudolabel.nees import nees


def test_errors_are_counted_in_their_own_standard_deviations():
    off = np.array([[3.0, 0], [0, 4], [2, 2], [np.nan, 1]])
    covariance = np.array([[[9.0, 0], [0, 1]], [[1, 0], [0, 4]], [[2, 1], [1, 2]], [[1, 0], [0, 1]]])
    # 9/9; 16/4; the inverse of [2 1; 1 2] is [2 -1; -1 2] / 3: (2 * 4 - 2 * 4 + 2 * 4) / 3.
    np.testing.assert_allclose(nees(off, covariance), [1, 4, 8 / 3, np.nan])
    assert np.isnan(nees(off[0], np.full((2, 2), np.nan)))


def test_honest_errors_have_two_on_average_and_ninety_percent_in_their_ellipse():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(20_000, 2, 2))
    off = np.einsum("nij,nj->ni", root, rng.normal(size=(20_000, 2)))
    squared = nees(off, root @ np.swapaxes(root, 1, 2))
    assert abs(squared.mean() - 2) < 0.1  # standard error 2 / sqrt(20000) = 0.014
    assert abs(np.mean(squared <= -2 * np.log(0.1)) - 0.9) < 0.01
