"""Gates: what is not trusted, and the words for it."""

import numpy as np

from bleedkit.datasets.schema import ImageSize
from bleedkit.pseudolabel.direction import DirectedTrack
from bleedkit.pseudolabel.failure_mixture import SmoothTrack
from bleedkit.pseudolabel.gates import Candidate, gate_image, gate_meeting, gate_open_end, gate_sigma
from bleedkit.pseudolabel.segments import Anchor, Segment

T = 11
SIZE = ImageSize(1240, 1080)


def candidate(*, xy=None, sigma=1.0, forward=None, backward=None, after=(5.0, 5.0), hidden=()) -> Candidate:
    segment = Segment("c", "source", tuple(range(T)), Anchor(0, (5.0, 5.0)), Anchor(T - 1, after))
    hides = np.isin(np.arange(T), hidden)
    xy = np.full((T, 2), 5.0) if xy is None else xy
    covariance = np.tile(np.eye(2), (T, 1, 1)) * (np.full(T, sigma)[:, None, None] ** 2)
    smooth = SmoothTrack(xy, covariance, hides, np.ones(T), np.ones(T))
    tracks = [None if one is None else DirectedTrack(one, np.zeros(T), hides) for one in (forward, backward)]
    return Candidate(segment, SIZE, smooth, *tracks)


def test_sigma_flags_along_the_long_axis_above_eight_pixels():
    assert gate_sigma(candidate(sigma=7.9)) == [""] * T
    assert gate_sigma(candidate(sigma=17.2)) == ["uncertain by 17.2 px, more than 8.0"] * T


def test_tracks_that_stay_apart_flag_the_whole_segment_and_crossing_is_not_meeting():
    still = np.zeros((T, 2))
    assert gate_meeting(candidate(forward=still, backward=still + np.array([3, 4]))) == [""] * T
    assert "stay 15 px apart" in gate_meeting(candidate(forward=still, backward=still + np.array([9, 12])))[0]
    crossing = np.stack([np.linspace(-100, 100, T), np.zeros(T)], -1)
    assert all(gate_meeting(candidate(forward=still, backward=crossing)))


def test_a_point_outside_the_picture_is_flagged():
    xy = np.full((T, 2), 5.0)
    xy[3] = [1240, 5]  # the picture is [0, 1240)
    reasons = gate_image(candidate(xy=xy))
    assert [i for i, reason in enumerate(reasons) if reason] == [3]


def test_the_half_next_to_a_not_visible_label_and_hidden_frames_are_flagged():
    reasons = gate_open_end(candidate(after=None, hidden=[2]))
    assert [i for i, reason in enumerate(reasons) if reason] == [2, 5, 6, 7, 8, 9, 10]
    assert "not visible at frame 10" in reasons[5]
    assert gate_open_end(candidate(hidden=[2])) == [""] * T
