"""Drift is bridged, failure is not spread: one dragged track leaves the other's frames alone."""

import numpy as np
import pytest

from bleedkit.pseudolabel.direction import DirectedTrack
from bleedkit.pseudolabel.failure_mixture import FailureMixture

N = 31
WIDTH = 1240
PATH = np.stack([100 + 2.0 * np.arange(N), 200 + 10 * np.sin(np.arange(N) / 5)], -1)


def tracked(xy: np.ndarray, hidden: np.ndarray | None = None) -> DirectedTrack:
    return DirectedTrack(xy, np.zeros(N), np.zeros(N, bool) if hidden is None else hidden)


def smooth(forward: DirectedTrack, backward: DirectedTrack | None, last: np.ndarray | None):
    return FailureMixture().smooth(PATH[0], last, forward, backward, width=WIDTH, label_variance=2.25)


def test_two_perfect_tracks_give_the_path_and_little_doubt():
    result = smooth(tracked(PATH), tracked(PATH), PATH[-1])
    np.testing.assert_allclose(result.xy, PATH, atol=1e-6)
    assert np.sqrt(result.covariance[:, 0, 0]).max() < 2.5
    np.testing.assert_allclose(result.forward_holds, 1, atol=0.01)


def test_a_forward_track_dragged_away_hands_over_to_the_backward_one():
    dragged = PATH.copy()
    dragged[12:] = PATH[11] + np.cumsum(np.full((N - 12, 2), -7.0), axis=0)
    result = smooth(tracked(dragged), tracked(PATH), PATH[-1])
    np.testing.assert_allclose(result.xy, PATH, atol=0.5)
    assert result.forward_holds[20] < 0.01
    assert result.backward_holds[20] > 0.99


def test_both_dragged_leaves_doubt_in_the_middle_only():
    forward, backward = PATH.copy(), PATH.copy()
    forward[10:] = PATH[9] + np.cumsum(np.full((N - 10, 2), -6.0), axis=0)
    backward[:20] = PATH[20] + np.cumsum(np.full((20, 2), [-6.0, 6.0]), axis=0)[::-1]
    result = smooth(tracked(forward), tracked(backward), PATH[-1])
    sigma = np.sqrt(np.linalg.eigvalsh(result.covariance)[:, -1])
    assert sigma[5] < 6
    assert sigma[26] < 6
    assert sigma[15] > 8


@pytest.mark.parametrize("seed", range(3))
def test_time_reversed_input_gives_the_reversed_answer(seed):
    rng = np.random.default_rng(seed)
    there = tracked(PATH + np.cumsum(rng.normal(0, 0.5, PATH.shape), axis=0) * [[1, 1]])
    back = tracked(PATH + np.cumsum(rng.normal(0, 0.5, PATH.shape), axis=0)[::-1])
    one = FailureMixture().smooth(there.xy[0], back.xy[-1], there, back, width=WIDTH, label_variance=2.25)
    two = FailureMixture().smooth(
        back.xy[-1], there.xy[0], back.reversed(), there.reversed(), width=WIDTH, label_variance=2.25
    )
    np.testing.assert_allclose(one.xy, two.xy[::-1], atol=1e-6)
    np.testing.assert_allclose(one.covariance, two.covariance[::-1], atol=1e-6)


def test_an_open_track_grows_uncertain():
    result = smooth(tracked(PATH), None, None)
    np.testing.assert_allclose(result.xy[:3], PATH[:3], atol=0.5)
    assert (np.diff(result.covariance[:, 0, 0]) > 0).all()
    assert (result.backward_holds == 0).all()


def test_covariances_are_symmetric_and_positive_with_hidden_frames():
    hidden = np.zeros(N, bool)
    hidden[8:14] = True
    result = smooth(tracked(PATH + 1, hidden), tracked(PATH), PATH[-1])
    np.testing.assert_allclose(result.covariance, np.swapaxes(result.covariance, 1, 2))
    assert (np.linalg.eigvalsh(result.covariance) > 0).all()


def test_a_long_segment_stays_affordable():
    n = 301
    path = np.stack([np.linspace(0, 300, n), np.zeros(n)], -1)
    track = DirectedTrack(path, np.zeros(n), np.zeros(n, bool))
    result = FailureMixture().smooth(path[0], path[-1], track, track, width=WIDTH, label_variance=2.25)
    np.testing.assert_allclose(result.xy, path, atol=1e-6)
