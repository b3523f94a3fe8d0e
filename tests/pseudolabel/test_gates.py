"""Gates: what is not trusted, and the words for it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets.schema import ImageSize
from bleedkit.pseudolabel.direction import DirectedTrack
from bleedkit.pseudolabel.gates import (
    GATES,
    Candidate,
    GateLimits,
    gate_forward_backward,
    gate_image,
    gate_innovation,
    gate_meeting,
    gate_open_end,
    gate_sigma,
    gate_spread,
    gate_visibility,
)
from bleedkit.pseudolabel.segments import Anchor, Segment
from bleedkit.pseudolabel.smooth_track import SmoothTrack

T = 11
SIZE = ImageSize(1240, 1080)
STILL = np.full((T, 2), 5.0)


def smooth(xy, *, sigma=1.0, hidden=()) -> SmoothTrack:
    return SmoothTrack.forward_only(np.asarray(xy, float), np.full(T, sigma**2), np.isin(np.arange(T), hidden))


def candidate(*, xy=STILL, sigma=1.0, forward=None, backward=None, after=(5.0, 5.0), hidden=(), **more) -> Candidate:
    segment = Segment("c", "source", tuple(range(T)), Anchor(0, (5.0, 5.0)), Anchor(T - 1, after))
    tracks = [
        None if one is None else DirectedTrack(one, np.zeros(T), np.zeros(T, bool)) for one in (forward, backward)
    ]
    return Candidate(segment, SIZE, smooth(xy, sigma=sigma, hidden=hidden), *tracks, **more)


def flagged(reasons: list[str]) -> list[int]:
    return [i for i, reason in enumerate(reasons) if reason]


def test_sigma_flags_along_the_long_axis_above_eight_pixels():
    assert gate_sigma(candidate(sigma=7.9)) == [""] * T
    assert gate_sigma(candidate(sigma=17.2)) == ["uncertain by 17.20 px, more than 8.00"] * T
    round_one = candidate(sigma=1)
    turned = replace(round_one, track=replace(round_one.track, covariance=np.tile([[50.0, 49], [49, 50]], (T, 1, 1))))
    assert gate_sigma(turned)[0] == "uncertain by 9.95 px, more than 8.00", "the long axis has variance 50 + 49"


def test_tracks_that_stay_apart_flag_the_whole_segment_and_crossing_is_not_meeting():
    assert gate_meeting(candidate(forward=STILL, backward=STILL + np.array([3, 4]))) == [""] * T
    assert "stay 15 px apart" in gate_meeting(candidate(forward=STILL, backward=STILL + np.array([9, 12])))[0]
    crossing = np.stack([np.linspace(-100, 100, T), np.zeros(T)], -1)
    assert all(gate_meeting(candidate(forward=STILL, backward=crossing)))


def test_a_point_outside_the_picture_is_flagged():
    xy = STILL.copy()
    xy[3] = [1240, 5]  # the picture is [0, 1240)
    assert flagged(gate_image(candidate(xy=xy))) == [3]


def test_the_half_next_to_a_not_visible_label_and_hidden_frames_are_flagged():
    reasons = gate_open_end(candidate(after=None, hidden=[2]))
    assert flagged(reasons) == [2, 5, 6, 7, 8, 9, 10]
    assert "not visible at frame 10" in reasons[5]
    assert gate_open_end(candidate(hidden=[2])) == [""] * T


def test_forward_backward_flags_frames_where_the_tracks_are_over_ten_pixels_apart():
    backward = STILL.copy()
    backward[4] += [6, 8]  # 10 px
    backward[5] += [6, 8.1]
    assert gate_forward_backward(candidate(forward=STILL, backward=backward))[5] == (
        "forward and backward tracks are 10.1 px apart, more than 10.0"
    )
    assert flagged(gate_forward_backward(candidate(forward=STILL, backward=backward))) == [5]
    half = replace(candidate(forward=STILL, backward=backward), size=ImageSize(620, 540))
    assert flagged(gate_forward_backward(half)) == [4, 5], "5 px in a picture half as wide"


def test_innovation_is_a_chi_square_of_the_miss():
    # 2 * 0.25 of the labels and 10 steps of variance 4: 40.5; 9.21 * 40.5 = 373.0 = 19.31^2.
    forward = STILL.copy()
    forward[-1, 0] = 5 + 19.3
    assert gate_innovation(candidate(forward=forward)) == [""] * T
    forward[-1, 0] = 5 + 19.4
    assert (
        gate_innovation(candidate(forward=forward))
        == ["the next label lies 19.4 px from where tracking leads, more than 19.3"] * T
    )
    assert gate_innovation(candidate(forward=forward, after=None)) == [""] * T


def test_visibility_counts_frames_since_the_point_was_last_seen_on_either_side():
    limits = GateLimits(visibility=2)
    hidden = range(1, 8)  # seen at 0, the label, and from 8 on
    reasons = gate_visibility(candidate(hidden=hidden, limits=limits))
    assert flagged(reasons) == [3, 4, 5]
    assert reasons[4] == "hidden for 4 frames, more than 2"
    assert flagged(gate_visibility(candidate(hidden=range(T), limits=limits))) == [3, 4, 5, 6, 7], "both labels see it"


def test_spread_is_the_neighbours_median_distance_from_moving_along():
    # Keypoints 20 px to the right at the first label, 30 px at the last, and so 25 px half-way: no disagreement.
    share = np.linspace(0, 1, T)[:, None]
    along = STILL + [20, 0] + share * [10, 0]
    tracks = [smooth(along + shift) for shift in ([0, 0], [0, 4], [3, 0], [0, -7])]
    assert gate_spread(candidate(keypoints=tracks)) == [""] * T
    apart = STILL.copy()
    apart[4] += [0, 11]
    assert gate_spread(candidate(xy=apart, keypoints=tracks))[4] == (
        "the tissue around moves 11.0 px off the point, more than 10.0"
    )
    assert gate_spread(candidate(xy=apart, keypoints=tracks[:3])) == [""] * T, "three say nothing"
    unseen = [*tracks[:3], smooth(along, hidden=[4])]
    assert gate_spread(candidate(xy=apart, keypoints=unseen)) == [""] * T, "nor does a fourth that is hidden"


@pytest.mark.parametrize("name", sorted(GATES))
@given(st.data())
def test_every_gate_judges_every_frame_whatever_is_there(name, data):
    def maybe(value):
        return data.draw(st.sampled_from([None, value]))

    hidden = data.draw(st.sets(st.integers(0, T - 1)))
    one = candidate(
        forward=maybe(STILL), backward=maybe(STILL), after=maybe((5.0, 5.0)), hidden=sorted(hidden),
        keypoints=[smooth(STILL, hidden=sorted(hidden))] * data.draw(st.integers(0, 6)),
    )  # fmt: skip
    if one.segment.end is not None and data.draw(st.booleans()):
        one = replace(one, segment=replace(one.segment, before=None))
    reasons = GATES[name](one)
    assert len(reasons) == T
    assert all(isinstance(reason, str) and "nan" not in reason for reason in reasons)
