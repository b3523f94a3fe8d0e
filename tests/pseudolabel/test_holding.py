"""Which track holds: a chain of two steps by hand, and what dragging, recovery and time reversal must do."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from bleedkit.pseudolabel.direction import DirectedTrack
from bleedkit.pseudolabel.holding import (
    BACKWARD,
    BOTH,
    FORWARD,
    Drifting,
    HoldingModel,
    _distance_goes_on,
    _marginals,
    holding,
)

N = 31
MODEL = HoldingModel(
    fail=0.005,
    fail_hidden=0.02,
    recover=0.01,
    motion=2.5,
    junk=20.0,
    with_tissue=0.5,
    span=1240.0,
    drift_scales=(0.5, 1.0, 2.0, 4.0),
)
PATH = np.stack([100 + 2.0 * np.arange(N), 200 + 10 * np.sin(np.arange(N) / 5)], -1)


def drifting(xy: np.ndarray, *, against_time: bool = False, hidden: np.ndarray | None = None) -> Drifting:
    track = DirectedTrack(xy, np.zeros(N), np.zeros(N, bool) if hidden is None else hidden)
    return Drifting(track, np.full(N - 1, 0.1), 2.25, against_time)


def dragged(from_frame: int, step: tuple[float, float] = (-7.0, -7.0)) -> np.ndarray:
    xy = PATH.copy()
    xy[from_frame:] = PATH[from_frame - 1] + np.cumsum(np.full((N - from_frame, 2), step), axis=0)
    return xy


def test_the_recursion_equals_the_sum_over_all_chains():
    rng = np.random.default_rng(0)
    start, step = rng.normal(size=(2, 4)), rng.normal(size=(2, 3, 4, 4))
    chance, log_evidence = _marginals(start, step)
    for c in range(2):
        want, total = np.zeros((4, 4)), 0.0
        for states in product(range(4), repeat=4):
            weight = np.exp(start[c, states[0]] + sum(step[c, t, states[t], states[t + 1]] for t in range(3)))
            total += weight
            for t, state in enumerate(states):
                want[t, state] += weight
        np.testing.assert_allclose(chance[c], want / total)
        assert log_evidence[c] == pytest.approx(np.log(total))


def test_two_tracks_on_the_point_both_hold():
    held = holding(MODEL, drifting(PATH), drifting(PATH, against_time=True))
    assert held.chance[:, BOTH].min() > 0.98
    np.testing.assert_allclose(held.chance.sum(1), 1)


def test_a_dragged_track_is_lost_from_there_on_and_holds_on_its_label_for_certain():
    held = holding(MODEL, drifting(dragged(12)), drifting(PATH, against_time=True))
    assert held.forward[:11].min() > 0.95
    assert held.forward[13:].max() < 0.01
    assert held.backward.min() > 0.99
    assert held.forward[0] == pytest.approx(1)


def test_a_track_that_leaves_and_comes_back_holds_again():
    away = PATH.copy()
    away[10:18] += [25.0, -30.0]
    held = holding(MODEL, drifting(away), drifting(PATH, against_time=True))
    assert held.forward[10:18].max() < 0.05
    assert held.forward[19:].min() > 0.9
    assert held.chance[12, BACKWARD] > 0.9


def test_two_tracks_that_step_alike_far_apart_do_not_both_hold():
    # Carried by the same neighbours over other tissue, the backward track only comes to its label in the end.
    elsewhere = PATH.copy()
    elsewhere[:26] += [60.0, 0.0]
    hidden = np.arange(N) < 26
    held = holding(MODEL, drifting(PATH), drifting(elsewhere, against_time=True, hidden=hidden))
    assert held.forward.min() > 0.98
    assert held.backward[:25].max() < 0.02
    assert held.backward[27:].min() > 0.98


def test_the_distance_of_two_drifts_goes_on_as_their_joint_normal_says():
    rng = np.random.default_rng(4)
    grow, shrink = rng.uniform(0.1, 2, (2, N - 1))
    there = Drifting(DirectedTrack(PATH, np.zeros(N), np.zeros(N, bool)), grow, 2.0, against_time=False)
    back = Drifting(DirectedTrack(rng.normal(PATH, 3), np.zeros(N), np.zeros(N, bool)), shrink, 0.5, against_time=True)
    # Every error is a sum of independent ones: two labels', the forward steps so far, the backward steps still to come.
    now = np.tri(N, N - 1, -1)
    parts = np.hstack([np.ones((N, 2)), now, 1 - now])
    joint = parts @ np.diag([2.0, 0.5, *4.0 * grow, *4.0 * shrink]) @ parts.T
    apart = there.track.xy - back.track.xy
    found = _distance_goes_on(there, back, np.array([4.0]))[0]
    for t in range(1, N):
        pair = multivariate_normal(cov=joint[t - 1 : t + 1, t - 1 : t + 1])
        before = norm(scale=joint[t - 1, t - 1] ** 0.5)
        want = sum(pair.logpdf(apart[t - 1 : t + 1, axis]) - before.logpdf(apart[t - 1, axis]) for axis in range(2))
        assert found[t - 1] == pytest.approx(want)


def test_where_both_are_dragged_it_is_open_which_holds():
    back = PATH.copy()
    back[:20] = PATH[20] + np.cumsum(np.full((20, 2), [-6.0, 6.0]), axis=0)[::-1]
    held = holding(MODEL, drifting(dragged(10)), drifting(back, against_time=True))
    assert held.chance[14:16].max() < 0.85
    assert held.chance[5, FORWARD] > 0.9
    assert held.chance[26, BACKWARD] > 0.9


def test_time_reversed_tracks_give_the_reversed_answer():
    rng = np.random.default_rng(3)
    there = dragged(14) + rng.normal(0, 0.3, PATH.shape)
    back = PATH + rng.normal(0, 0.3, PATH.shape)
    hidden = np.zeros(N, bool)
    hidden[14:18] = True
    one = holding(MODEL, drifting(there, hidden=hidden), drifting(back, against_time=True))
    two = holding(MODEL, drifting(back[::-1]), drifting(there[::-1], hidden=hidden[::-1], against_time=True))
    np.testing.assert_allclose(one.forward, two.backward[::-1], atol=0.02)
    np.testing.assert_allclose(one.backward, two.forward[::-1], atol=0.02)


def test_a_single_track_that_leaps_about_is_lost():
    xy = PATH.copy()
    xy[15:] += np.random.default_rng(1).uniform(-60, 60, (N - 15, 2))
    held = holding(MODEL, drifting(xy), None)
    assert held.forward[:14].min() > 0.95
    assert held.forward[16:].max() < 0.05
    assert (held.backward == 0).all()
