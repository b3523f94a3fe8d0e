"""Drift is bridged, failure is not spread: one dragged track leaves the other's frames alone."""

from dataclasses import replace

import numpy as np
import pytest

from bleedkit.pseudolabel.bidirectional import Bidirectional
from bleedkit.pseudolabel.direction import DirectedTrack

N = 31
WIDTH = 1240
PATH = np.stack([100 + 2.0 * np.arange(N), 200 + 10 * np.sin(np.arange(N) / 5)], -1)


def tracked(xy: np.ndarray, hidden: np.ndarray | None = None, doubt: float = 1.0) -> DirectedTrack:
    n = len(xy)
    return DirectedTrack(xy, np.zeros(n), np.zeros(n, bool) if hidden is None else hidden, doubt)


def smooth(forward: DirectedTrack, backward: DirectedTrack | None, variance: float = 2.25, smoother=None):
    last = None if backward is None else backward.xy[-1]
    smoother = smoother or Bidirectional()
    return smoother.smooth(forward.xy[0], last, forward, backward, width=WIDTH, label_variance=variance)


def sigma(result) -> np.ndarray:
    return np.sqrt(np.linalg.eigvalsh(result.covariance)[:, -1])


def test_two_perfect_tracks_give_the_path_and_little_doubt():
    result = smooth(tracked(PATH), tracked(PATH))
    np.testing.assert_allclose(result.xy, PATH, atol=0.05)
    assert sigma(result).max() < 2.5
    np.testing.assert_allclose(result.forward_holds, 1, atol=0.02)


def test_a_forward_track_dragged_away_hands_over_to_the_backward_one():
    dragged = PATH.copy()
    dragged[12:] = PATH[11] + np.cumsum(np.full((N - 12, 2), -7.0), axis=0)
    result = smooth(tracked(dragged), tracked(PATH))
    np.testing.assert_allclose(result.xy, PATH, atol=0.5)
    assert result.forward_holds[20] < 0.01
    assert result.backward_holds[20] > 0.99


def test_both_dragged_leaves_doubt_in_the_middle_only():
    forward, backward = PATH.copy(), PATH.copy()
    forward[10:] = PATH[9] + np.cumsum(np.full((N - 10, 2), -6.0), axis=0)
    backward[:20] = PATH[20] + np.cumsum(np.full((20, 2), [-6.0, 6.0]), axis=0)[::-1]
    result = smooth(tracked(forward), tracked(backward))
    assert sigma(result)[15] > 3 * sigma(result)[[2, 28]].max()
    np.testing.assert_allclose(result.xy[[2, 28]], PATH[[2, 28]], atol=0.5)


def test_labels_that_differ_by_their_errors_are_met_half_way():
    # Perfect tracks of labels that are +3 and -1 off: with equal variances the best guess is off by their mean, +1.
    # What little drift is assumed leans to the nearer label.
    smoother = replace(Bidirectional(), drift_sd=0.1)
    result = smooth(tracked(PATH + 3), tracked(PATH - 1), 9.0, smoother)
    np.testing.assert_allclose(result.xy, PATH + 1, atol=0.15)


def test_a_label_whose_people_disagreed_counts_less():
    # In units of one label's variance, of which 0.4 is shared: own parts 9 - 0.4 and 1 - 0.4, the labels 4 apart.
    smoother = replace(Bidirectional(), label_shared=0.4)
    result = smooth(tracked(PATH + 3, doubt=9.0), tracked(PATH - 1), 9.0, smoother)
    np.testing.assert_allclose(result.xy[N // 2], PATH[N // 2] - 1 + 4 * 0.6 / (8.6 + 0.6), atol=0.06)


@pytest.mark.parametrize("seed", range(3))
def test_time_reversed_input_gives_the_reversed_answer(seed):
    rng = np.random.default_rng(seed)
    there = tracked(PATH + np.cumsum(rng.normal(0, 0.3, PATH.shape), axis=0))
    back = tracked(PATH + np.cumsum(rng.normal(0, 0.3, PATH.shape), axis=0)[::-1])
    one, two = smooth(there, back), smooth(back.reversed(), there.reversed())
    np.testing.assert_allclose(one.xy, two.xy[::-1], atol=0.1)
    np.testing.assert_allclose(one.covariance, two.covariance[::-1], atol=0.1)


def test_drift_is_taken_out_better_than_by_either_track_and_the_stated_ellipse_holds_it():
    smoother = replace(Bidirectional(), label_shared=0.0, label_factor=1.0)
    ours, raw, inside = [], [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        ends = rng.normal(0, 0.5, (2, 2))
        walk = np.concatenate([np.zeros((1, 2)), np.cumsum(rng.normal(0, 0.3, (N - 1, 2)), axis=0)])
        walk_back = np.concatenate([np.zeros((1, 2)), np.cumsum(rng.normal(0, 0.3, (N - 1, 2)), axis=0)])[::-1]
        forward, backward = PATH + ends[0] + walk, PATH + ends[1] + walk_back
        result = smooth(tracked(forward), tracked(backward), 0.25, smoother)
        off = result.xy - PATH
        ours.append(np.linalg.norm(off, axis=1).mean())
        raw.append(np.linalg.norm(forward - PATH, axis=1).mean())
        squared = np.einsum("ti,tij,tj->t", off, np.linalg.inv(result.covariance), off)
        inside.append(np.mean(squared <= -2 * np.log(0.1)))
    assert np.mean(ours) < 0.65 * np.mean(raw)  # the bridge of both: about half
    assert 0.86 < np.mean(inside) < 0.96  # a 90 % ellipse


def test_drift_that_never_turns_is_found_by_where_it_leads_and_counts_as_doubt():
    # 0.5 px a frame in one direction: no step is unusual, but together they lead 15 px astray, in both tracks.
    ramp = np.outer(np.arange(N), [0.5, 0.0])
    result = smooth(tracked(PATH + ramp), tracked(PATH + ramp[::-1]), 0.01)
    off = np.linalg.norm(result.xy - PATH, axis=1)
    assert (off < 2.45 * sigma(result)).all()  # -2 ln(0.05) = 2.45^2: inside the 95 % ellipse
    assert sigma(result)[15] > 1.5 * sigma(smooth(tracked(PATH), tracked(PATH), 0.01))[15]


def test_an_open_track_grows_uncertain():
    result = smooth(tracked(PATH), None)
    np.testing.assert_array_equal(result.xy, PATH)
    assert (np.diff(result.covariance[:, 0, 0]) > 0).all()
    assert (result.backward_holds == 0).all()


def test_covariances_are_symmetric_and_positive_with_hidden_frames_and_lost_ones():
    hidden = np.zeros(N, bool)
    hidden[8:14] = True
    lost = DirectedTrack(PATH + 1, np.where(hidden, np.inf, 0.0), hidden)
    for forward in (tracked(PATH + 1, hidden), lost):
        result = smooth(forward, tracked(PATH))
        np.testing.assert_allclose(result.covariance, np.swapaxes(result.covariance, 1, 2))
        assert (np.linalg.eigvalsh(result.covariance) > 0).all()


def test_a_label_without_its_track_is_a_callers_slip():
    with pytest.raises(ValueError, match="come together"):
        Bidirectional().smooth(PATH[0], PATH[-1], tracked(PATH), None, width=WIDTH, label_variance=1.0)


def test_a_long_segment_stays_affordable_and_right():
    n = 731
    path = np.stack([np.linspace(0, 300, n), np.zeros(n)], -1)
    result = smooth(tracked(path), tracked(path))
    np.testing.assert_allclose(result.xy, path, atol=0.1)
    assert np.isfinite(result.covariance).all()
