"""What holds for every point tracker, encoded frames used again and again as the engine does.

A tracker that needs weights is its real network with random ones: what holds here holds whatever the weights. Only
whether it follows takes real ones, which are tried in its own test, where they are at hand.
"""

from functools import cache

import numpy as np
import pytest
from bleedkit_test_layouts.moving_surface import surface
from bleedkit_test_layouts.random_weights import RANDOM_WEIGHTS

from bleedkit.models.stage import Resources
from bleedkit.models.trackers import TRACKERS

SIZE = (176, 136)
FRAMES = 4
START = np.array([[90, 70], [60.5, 50.25], [120, 90]], np.float32)


LIGHT = sorted(name for name, stage in TRACKERS.items() if not stage.weights)
HEAVY = sorted(set(TRACKERS) - set(LIGHT))
every = pytest.mark.parametrize("name", [*LIGHT, *(pytest.param(name, marks=pytest.mark.slow) for name in HEAVY)])
looking = pytest.mark.parametrize("name", [name for name in LIGHT if name != "hold_still"])


@cache
def frames() -> list[np.ndarray]:
    return [surface((1.5 * t, -0.75 * t), SIZE) for t in range(FRAMES)]


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """Tracker and encoded frames by name, made once: no test may leave anything behind in them."""

    @cache
    def make(name):
        files = {}
        for weights in TRACKERS[name].weights:
            files[weights] = tmp_path_factory.mktemp("weights") / f"{weights}.pth"
            RANDOM_WEIGHTS[weights](files[weights])
        tracker = TRACKERS[name].build(Resources(weights=files))
        return tracker, [tracker.encode(frame) for frame in frames()]

    return make


def same(a, b):
    return all(np.array_equal(getattr(a, field), getattr(b, field)) for field in ("xy", "step_error", "hidden"))


@every
def test_t_frames_give_t_positions_from_the_start_on(name, ready):
    tracker, views = ready(name)
    for length, start in ((FRAMES, START), (FRAMES, START[:1]), (1, START)):
        tracks = tracker.track(views[:length], start)
        assert tracks.xy.shape == (length, len(start), 2)
        np.testing.assert_array_equal(tracks.xy[0], start)
        assert not tracks.step_error[0].any()
        assert not tracks.hidden[0].any()
        assert np.isfinite(tracks.xy).all()
        assert (tracks.step_error >= 0).all()


@every
def test_a_causal_tracker_ignores_the_future(name, ready):
    tracker, views = ready(name)
    if not tracker.causal:
        pytest.skip(f"{name} says it looks ahead")
    whole, cut = tracker.track(views, START), tracker.track(views[:3], START)
    np.testing.assert_array_equal(whole.xy[:3], cut.xy)
    np.testing.assert_array_equal(whole.step_error[:3], cut.step_error)
    np.testing.assert_array_equal(whole.hidden[:3], cut.hidden)


@every
def test_frames_and_start_are_left_alone(name, ready):
    tracker, _ = ready(name)
    images, start = [frame.copy() for frame in frames()[:2]], START.copy()
    for image in (*images, start):
        image.flags.writeable = False
    tracker.track([tracker.encode(image) for image in images], start)
    assert all(np.array_equal(a, b) for a, b in zip((*images, start), (*frames()[:2], START), strict=True))


@every
def test_a_frame_encoded_once_serves_every_point_direction_and_segment(name, ready):
    tracker, views = ready(name)
    first = tracker.track(views, START)
    backward = tracker.track(views[::-1], START[:1])
    tracker.track(views[2:], START[1:])
    assert same(tracker.track(views, START), first)
    fresh = [tracker.encode(frame) for frame in frames()]
    assert same(tracker.track(fresh, START), first)
    assert same(tracker.track(fresh[::-1], START[:1]), backward)


@every
def test_a_point_outside_the_picture_stops_nobody(name, ready):
    tracker, views = ready(name)
    outside = np.array([[-30, 20], [90, 5000], [SIZE[0], SIZE[1]]], np.float32)
    tracks = tracker.track(views, np.vstack([outside, START]))
    assert tracks.xy.shape == (FRAMES, 6, 2)
    assert np.isfinite(tracks.xy).all()


@looking
def test_a_steady_shift_is_followed_both_ways(name, ready):
    tracker, views = ready(name)
    shift = np.arange(FRAMES)[:, None, None] * np.array([1.5, -0.75])
    forward, backward = tracker.track(views, START), tracker.track(views[::-1], START)
    assert not forward.hidden.any()
    assert not backward.hidden.any()
    np.testing.assert_allclose(forward.xy, START + shift, atol=0.15)
    np.testing.assert_allclose(backward.xy, START - shift, atol=0.15)
