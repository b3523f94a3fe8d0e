"""Every smoother by its registry, and the simple ones by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.models.point_tracker import REFERENCE_WIDTH
from bleedkit.models.stage import CPU
from bleedkit.pseudolabel.bridge_smoother import BridgeSmoother
from bleedkit.pseudolabel.direction import DirectedTrack
from bleedkit.pseudolabel.paper_smoother import Paper
from bleedkit.pseudolabel.raw_smoother import Raw
from bleedkit.pseudolabel.smoothers import SMOOTHERS


def track(xy: np.ndarray) -> DirectedTrack:
    return DirectedTrack(np.asarray(xy, float), np.zeros(len(xy)), np.zeros(len(xy), bool))


def walk(seed: int, n: int) -> np.ndarray:
    return 200 + np.cumsum(np.random.default_rng(seed).normal(0, 2, (n, 2)), axis=0)


def run(smoother, forward, last, backward=None, *, width=REFERENCE_WIDTH, label_variance=1.0):
    return smoother.smooth(forward.xy[0], last, forward, backward, width=width, label_variance=label_variance)


def test_the_papers_smoother_by_hand():
    # Nothing accelerates, so the answer is the line p + v t of least squares: p = 0 and v = 0 beforehand, with variance
    # 1; 6 at t = 1, variance 1; at t = 2 the track's 9 and the label's 12, each of variance 1: 10.5 of variance 1/2.
    #   [1 + 1 + 2    1 + 4    ] [p]   [6 + 2 * 10.5]
    #   [1 + 4      1 + 1 + 8  ] [v] = [6 + 4 * 10.5]    so p = (10 * 27 - 5 * 48) / 15 = 2, v = (4 * 48 - 5 * 27) / 15
    smoother = Paper(track_sd=1.0, acceleration_sd=1e-9, velocity_sd=1.0)
    result = run(smoother, track([[0, 0], [6, 0], [9, 0]]), np.array([12.0, 0.0]))
    np.testing.assert_allclose(result.xy, [[2, 0], [5.8, 0], [9.6, 0]], atol=1e-7)
    # The inverse of that matrix is [10 -5; -5 4] / 15: variances of p, p + v and p + 2v.
    np.testing.assert_allclose(
        result.covariance[:, 0, 0], [10 / 15, (10 - 10 + 4) / 15, (10 - 20 + 16) / 15], atol=1e-7
    )
    np.testing.assert_allclose(result.covariance[:, 0, 1], 0)


def test_without_an_endpoint_the_papers_smoother_has_the_track_alone():
    smoother = Paper(track_sd=1.0, acceleration_sd=1e-9, velocity_sd=1.0)
    result = run(smoother, track([[0, 0], [6, 0], [12, 0]]), None)
    # As above with 12 of variance 1 at t = 2: [3 3; 3 6], right side 18 and 30.
    np.testing.assert_allclose(result.xy[:, 0], [2, 6, 10], atol=1e-7)


def test_the_bridge_takes_out_an_even_drift():
    xy = np.stack([np.arange(5.0), np.zeros(5)], -1)
    result = run(BridgeSmoother(drift_sd=3.0), track(xy), np.array([4.0, 8.0]), label_variance=0.0)
    np.testing.assert_allclose(result.xy, [[0, 0], [1, 2], [2, 4], [3, 6], [4, 8]])
    np.testing.assert_allclose(result.covariance[:, 1, 1], 9 * np.array([0, 3 / 4, 1, 3 / 4, 0]))


def test_raw_is_the_forward_track_with_growing_variance():
    xy = walk(1, 6)
    result = run(Raw(drift_sd=2.0), track(xy), np.array([9.0, 9.0]), track(xy + 50), width=REFERENCE_WIDTH // 2)
    np.testing.assert_array_equal(result.xy, xy)
    np.testing.assert_allclose(result.covariance[:, 0, 0], 1 + np.arange(6) * 1.0)


@pytest.mark.parametrize("name", sorted(SMOOTHERS))
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 40), open_end=st.booleans())
def test_every_smoother_gives_finite_places_and_honest_ellipses(name, seed, n, open_end):
    smoother, forward = SMOOTHERS[name].build(CPU), track(walk(seed, n))
    backward = None if open_end or not smoother.both_directions else track(walk(seed + 1, n))
    result = run(smoother, forward, None if open_end else forward.xy[-1] + 3.0, backward)
    assert result.xy.shape == (n, 2)
    assert np.isfinite(result.xy).all()
    np.testing.assert_allclose(result.covariance, np.swapaxes(result.covariance, 1, 2))
    assert (np.linalg.eigvalsh(result.covariance) > 0).all()


@pytest.mark.parametrize("name", sorted(SMOOTHERS))
def test_a_true_track_stays_as_it_is_and_an_open_one_grows_uncertain(name):
    smoother = SMOOTHERS[name].build(CPU)
    forward = track(np.stack([np.linspace(100, 160, 31), np.full(31, 50.0)], -1))
    both = forward if smoother.both_directions else None
    result = run(smoother, forward, forward.xy[-1], both)
    np.testing.assert_allclose(result.xy, forward.xy, atol=0.2)
    variance = np.trace(run(smoother, forward, None).covariance, axis1=1, axis2=2)
    assert variance[-1] > variance[1]


@pytest.mark.parametrize("name", sorted(name for name, stage in SMOOTHERS.items() if not stage.make.both_directions))
def test_a_smoother_of_one_direction_does_not_look_at_the_other(name):
    smoother = SMOOTHERS[name].build(CPU)
    forward, last = track(walk(0, 12)), np.array([200.0, 200.0])
    with_it = run(smoother, forward, last, track(walk(5, 12)))
    np.testing.assert_array_equal(with_it.xy, run(smoother, forward, last).xy)
