"""The error-state bridge: by hand, and against filterpy's Kalman filter and RTS smoother."""

import numpy as np
import pytest
from filterpy.kalman import KalmanFilter

from bleedkit.pseudolabel.bridge import bridge, log_normal


def test_a_still_track_between_two_labels_is_a_brownian_bridge():
    result = bridge(np.array([0.0, 0]), np.array([4.0, 8]), np.zeros((4, 2)), np.full(4, 3.0), 0.0)
    np.testing.assert_allclose(result.xy, [[0, 0], [1, 2], [2, 4], [3, 6], [4, 8]])
    np.testing.assert_allclose(result.variance, [0, 3 * 1 * 3 / 4, 3 * 2 * 2 / 4, 3 * 3 * 1 / 4, 0])
    # innovation (4, 8), variance 4 * 3: -log(2 pi 12) - (16 + 64) / 24
    assert result.log_evidence == pytest.approx(-np.log(2 * np.pi * 12) - 80 / 24)


def test_a_drift_goes_to_the_uncertain_steps():
    result = bridge(np.zeros(2), np.array([10.0, 0]), np.zeros((3, 2)), np.array([1.0, 8.0, 1.0]), 0.0)
    np.testing.assert_allclose(result.xy[:, 0], [0, 1, 9, 10])


def test_an_open_end_grows_and_has_no_evidence():
    result = bridge(np.array([1.0, 1]), None, np.ones((3, 2)), np.array([1.0, 2, 3]), 0.5)
    np.testing.assert_allclose(result.xy[:, 0], [1, 2, 3, 4])
    np.testing.assert_allclose(result.variance, [0.5, 1.5, 3.5, 6.5])
    assert result.log_evidence == 0


@pytest.mark.parametrize("seed", range(5))
def test_it_equals_a_kalman_filter_with_rts_smoothing(seed):
    rng = np.random.default_rng(seed)
    n, label_variance = 30, 0.7
    steps, step_variance = rng.normal(0, 3, (n, 2)), rng.uniform(0.1, 4, n)
    first, last = rng.normal(0, 50, (2, 2))
    result = bridge(first, last, steps, step_variance, label_variance)
    for axis in range(2):
        mean, variance = _rts(first[axis], last[axis], steps[:, axis], step_variance, label_variance)
        np.testing.assert_allclose(result.xy[:, axis], mean, atol=1e-9)
        np.testing.assert_allclose(result.variance, variance, atol=1e-9)


def _rts(first, last, steps, step_variance, label_variance):
    kalman = KalmanFilter(dim_x=1, dim_z=1, dim_u=1)
    kalman.x, kalman.P = np.array([[first]]), np.array([[label_variance]])
    kalman.F = kalman.H = kalman.B = np.eye(1)
    kalman.R = np.array([[label_variance]])
    xs, ps, qs = [kalman.x.copy()], [kalman.P.copy()], [np.zeros((1, 1))]
    for t, (step, variance) in enumerate(zip(steps, step_variance, strict=True)):
        kalman.predict(u=np.array([[step]]), Q=np.array([[variance]]))
        if t == len(steps) - 1:
            kalman.update(np.array([[last]]))
        xs.append(kalman.x.copy())
        ps.append(kalman.P.copy())
        qs.append(np.array([[variance]]))
    # filterpy's RTS knows no control input: smooth the error state, which has none, and add the walk again.
    walk = np.concatenate([[0], np.cumsum(steps)])[:, None, None]
    one = [np.eye(1)] * (len(xs))
    x, p, _, _ = kalman.rts_smoother(np.array(xs) - walk, np.array(ps), Fs=one, Qs=qs)
    return (x + walk)[:, 0, 0], p[:, 0, 0]


def test_log_normal_at_its_mode():
    assert log_normal(np.zeros(2), np.array(2.0)) == pytest.approx(-np.log(4 * np.pi))
