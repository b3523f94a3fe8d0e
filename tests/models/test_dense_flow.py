"""Points carried by a flow: exact coordinates, given up where there and back disagree, one flow for each pair."""

import gc

import numpy as np
import pytest
from bleedkit_test_layouts.moving_surface import surface

from bleedkit.datasets.moving_texture import render
from bleedkit.models.dense_flow import ALPHA, BETA, DenseFlow, dis

SIZE = (1240, 1080)
WORKING = (480, 416)  # not of the frame's shape: 480 / 1240 and 416 / 1080 differ


class KnownFlow:
    """A flow model of frames whose motion is known: a frame's first pixel is its number.

    From number a to b the surface grows by 1.01 ** (b - a) about the frame's corner and moves by (7, -3) a frame;
    computed counts the pairs asked for.
    """

    def __init__(self):
        self.computed = []

    def encode(self, frame):
        return int(frame[0, 0, 0])

    def place(self, xy, t):
        """Where what is at xy (..., 2) in frame 0 lies in frame t, pixels of the frame."""
        return np.asarray(xy) * 1.01**t + np.array([7, -3]) * t

    def flow(self, first, second):
        self.computed.append((first, second))
        scale = np.array(WORKING) / SIZE
        centres = np.stack(np.meshgrid(*(np.arange(n) + 0.5 for n in WORKING)), axis=-1) / scale
        origin = (centres - np.array([7, -3]) * first) / 1.01**first
        return ((self.place(origin, second) - centres) * scale).astype(np.float32)


class ConstantFlow:
    """Every pixel moves by `there` into the second frame and by `back` into the first."""

    def __init__(self, there, back):
        self._motion = {(0, 1): there, (1, 0): back}

    def encode(self, frame):
        return int(frame[0, 0, 0])

    def flow(self, first, second):
        return np.tile(np.float32(self._motion[first, second]), (40, 50, 1))


def numbered(t, size=SIZE):
    return np.full((size[1], size[0], 3), t, np.uint8)


def tracked(model, frames, start, *, alpha=ALPHA, beta=BETA):
    tracker = DenseFlow(model, alpha=alpha, beta=beta)
    return tracker.track([tracker.encode(frame) for frame in frames], np.array(start, np.float32))


def test_points_of_a_large_frame_follow_a_flow_of_a_smaller_picture_exactly():
    model = KnownFlow()
    start = np.array([[300.25, 500], [620, 540.75], [100, 900]])
    tracks = tracked(model, [numbered(t) for t in range(5)], start)
    want = np.stack([model.place(start, t) for t in range(5)])
    np.testing.assert_allclose(tracks.xy, want, atol=2e-3)
    assert not tracks.hidden.any()
    assert tracks.step_error.max() < 2e-3


def one_step(off, start=(20, 20)):
    """Three pixels to the right, and back but for `off`."""
    return tracked(ConstantFlow((3, 0), (off - 3, 0)), [numbered(t, (50, 40)) for t in range(2)], [start])


def test_the_step_error_is_how_far_the_way_back_misses():
    tracks = one_step(0.5)
    assert tracks.step_error[:, 0].tolist() == [0, 0.5]
    assert tracks.xy[:, 0].tolist() == [[20, 20], [23, 20]]


@pytest.mark.parametrize(("off", "hidden"), [
    (0.79, False),  # 0.79^2 = 0.6241 <= 0.01 (3^2 + 2.21^2) + 0.5 = 0.6388
    (0.80, True),  # 0.80^2 = 0.6400 >  0.01 (3^2 + 2.20^2) + 0.5 = 0.6384
])  # fmt: skip
def test_sundarams_test_tells_what_is_occluded(off, hidden):
    tracks = one_step(off)
    assert tracks.hidden[1, 0] == hidden
    assert np.isinf(tracks.step_error[1, 0]) == hidden
    assert tracks.xy[1, 0].tolist() == ([20, 20] if hidden else [23, 20])


@pytest.mark.parametrize(("x", "hidden"), [(46.9, False), (47.0, True)])
def test_a_point_that_leaves_the_picture_is_lost(x, hidden):
    assert one_step(0, (x, 20)).hidden[1, 0] == hidden  # 3 px on: 49.9 is in [0, 50), 50 is not


def test_a_lost_point_stays_lost():
    frames = [numbered(t % 2, (50, 40)) for t in range(4)]  # to the right, back again, to the right
    tracks = tracked(ConstantFlow((3, 0), (-3, 0)), frames, [[48, 20], [20, 20]])
    assert tracks.hidden.tolist() == [[False, False], *[[True, False]] * 3]
    assert tracks.xy[:, 0].tolist() == [[48, 20]] * 4
    assert tracks.xy[:, 1, 0].tolist() == [20, 23, 20, 23]


def test_a_pairs_flow_is_computed_once_for_every_point_direction_and_segment():
    model = KnownFlow()
    tracker = DenseFlow(model, alpha=ALPHA, beta=BETA)
    views = [tracker.encode(numbered(t)) for t in range(4)]
    for part in (views, views[::-1], views[1:], views[:3]):
        tracker.track(part, np.array([[500, 500], [600, 600]], np.float32))
    assert sorted(model.computed) == [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)]


def test_flows_go_with_either_of_their_frames():
    tracker = DenseFlow(KnownFlow(), alpha=ALPHA, beta=BETA)
    views = [tracker.encode(numbered(t)) for t in range(3)]
    tracker.track(views, np.array([[500, 500]], np.float32))
    middle = views[1]
    assert len(middle.flows) == 2
    del views[0]
    gc.collect()
    assert list(middle.flows) == [views[1]]


def test_dis_follows_tissue_until_an_instrument_covers_it():
    frames, truth = render(30, np.random.default_rng([3, 1]))
    tracker = dis()
    tracks = tracker.track([tracker.encode(frame) for frame in frames], truth.xy[0])
    error = np.linalg.norm(tracks.xy - truth.xy, axis=2)
    covered = ~truth.visible
    assert covered.any(), "the bar must cross a point for this to test anything"
    before = np.cumsum(covered, axis=0) == 0
    assert error[before & ~tracks.hidden].max() < 3
    assert np.median(error[before]) < 1


def test_a_shift_of_a_large_frame_is_followed_through_the_smaller_picture():
    zoom = 1240 / 260
    frames = [surface((7.0 * t, -3.5 * t), SIZE, zoom=zoom) for t in range(4)]
    start = np.array([[600, 500], [300, 700]], np.float32)
    tracker = dis()
    tracks = tracker.track([tracker.encode(frame) for frame in frames], start)
    np.testing.assert_allclose(tracks.xy - start, np.arange(4)[:, None, None] * np.full((2, 2), [7, -3.5]), atol=0.5)
