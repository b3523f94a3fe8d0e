"""The batched Kalman smoother: by hand, and against filterpy, track by track."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.benchmarks.perf.kalman_speed import filterpy_smooth as rts
from bleedkit.pseudolabel.kalman import ConstantVelocity, fused, smooth

MODEL = ConstantVelocity(acceleration_sd=0.5, velocity_sd=8.0)


def tracks(seed: int, *shape: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(0, 3, (*shape, 2)), axis=-2)


def test_three_frames_by_hand():
    # No acceleration: a straight line, frame 1 not measured. From place 0 (variance 1) and velocity 0 (variance 1) the
    # prediction of frame 2 is 0, with variance 1 + 2 * 2 * 1 = 5; the measurement 12 of variance 1 has the gain 5/6 for
    # the place, so 10, and 2/6 for the velocity, so 4: the line is 2, 6, 10. Variance at frame 0: 1 - 1/6; at frame 1,
    # 1 + 1 beforehand, which has the covariance 1 + 2 with frame 2: 2 - 3^2/6; at frame 2: 5 - 25/6.
    measured = np.array([[0.0, 0.0], [np.nan, np.nan], [12.0, -12.0]])
    result = smooth(measured, np.ones(3), ConstantVelocity(1e-9, 1.0))
    np.testing.assert_allclose(result.xy, [[2, -2], [6, -6], [10, -10]], atol=1e-7)
    np.testing.assert_allclose(result.variance, [5 / 6, 2 - 9 / 6, 5 / 6], atol=1e-7)


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(0, 4),
    frames=st.integers(1, 40),
    noise=st.floats(0.05, 20),
    model=st.builds(ConstantVelocity, st.floats(0.01, 10), st.floats(0.1, 50)),
    missing=st.floats(0, 0.9),
    shared=st.booleans(),
)
def test_every_track_is_filterpys(seed, n, frames, noise, model, missing, shared):
    rng = np.random.default_rng(seed)
    measured = tracks(seed, n, frames)
    gone = rng.random(frames if shared else (n, frames)) < missing
    gone[..., 0] = False
    measured[np.broadcast_to(gone, (n, frames))] = np.nan
    variance = noise * rng.uniform(0.2, 3, frames)
    result = smooth(measured, variance, model)
    assert result.xy.shape == (n, frames, 2)
    for i, track in enumerate(measured):
        xy, covariance = rts(track, variance, model)
        np.testing.assert_allclose(result.xy[i], xy, atol=1e-9 * max(1, np.abs(xy).max()))
        ours = np.broadcast_to(result.variance, (n, frames))[i]
        np.testing.assert_allclose(ours[:, None, None] * np.eye(2), covariance, atol=1e-9 * noise)


def test_each_track_may_have_its_own_variances():
    measured, variance = tracks(3, 2, 5, 12), np.random.default_rng(3).uniform(0.5, 4, (2, 5, 12))
    result = smooth(measured, variance, MODEL)
    xy, covariance = rts(measured[1, 4], variance[1, 4], MODEL)
    np.testing.assert_allclose(result.xy[1, 4], xy, atol=1e-9)
    np.testing.assert_allclose(result.variance[1, 4], covariance[:, 0, 0], atol=1e-9)


def test_covariance_is_worked_out_once_for_tracks_measured_on_the_same_frames():
    measured = tracks(0, 7, 9)
    measured[:, 4] = np.nan
    assert smooth(measured, np.ones(9), MODEL).variance.shape == (9,)
    measured[0, 5] = np.nan
    assert smooth(measured, np.ones(9), MODEL).variance.shape == (7, 9)


def test_two_measurements_of_a_frame_are_two_updates():
    measured, variance = tracks(1, 10), np.full(10, 4.0)
    place, r = np.array([3.0, -2.0]), 0.7
    xy, both = fused(measured[-1], variance[-1], place, r)
    joined = smooth(np.vstack([measured[:-1], xy]), np.append(variance[:-1], both), MODEL)
    # filterpy, its last frame updated twice; without a frame after it, smoothing leaves that frame alone.
    one, covariance = rts(measured, variance, MODEL)
    gain = covariance[-1, 0, 0] / (covariance[-1, 0, 0] + r)
    np.testing.assert_allclose(joined.xy[-1], one[-1] + gain * (place - one[-1]), atol=1e-9)
    assert joined.variance[-1] == pytest.approx((1 - gain) * covariance[-1, 0, 0])


def test_a_first_frame_that_was_not_measured_is_refused():
    measured = tracks(0, 2, 5)
    measured[1, 0] = np.nan
    with pytest.raises(ValueError, match="first frame"):
        smooth(measured, np.ones(5), MODEL)
