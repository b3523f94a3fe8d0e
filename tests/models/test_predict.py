"""The prediction hook, with models that say what can be worked out by hand."""

import math
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import ImageSize
from bleedkit.models.onset_model import OnsetWindows
from bleedkit.models.predict import predict_onset, predict_region_point, predict_source, region_point_frames
from bleedkit.models.region_point_model import RegionPoint
from bleedkit.models.source_model import Source
from bleedkit.models.weights import mark_loaded

PICTURE = ImageSize(64, 32)


class Brightest(nn.Module):
    """Point: the brightest column and row; region: what is bright; presence logit: frames seen so far, less 2."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self.dropout = nn.Dropout(0.5)
        mark_loaded(self, "0f")

    def start(self):
        return 0

    def step(self, frame, state):
        self.seen.append((tuple(frame.shape), self.training, torch.is_inference_mode_enabled()))
        light = self.dropout(frame).mean(1)
        column, row = light.mean(1).argmax(1), light.mean(2).argmax(1)
        point = torch.stack([(column + 0.5) / frame.shape[-1], (row + 0.5) / frame.shape[-2]], -1)
        return RegionPoint(light[:, None] - 0.5, point, torch.full((len(frame),), state - 2.0)), state + 1

    def forward(self, picture):
        seen, _ = self.step(picture, 0)
        return Source(seen.mask_logits, seen.point)


def spot(x, y, width=256, height=96):
    """A frame with a bright block of 8 x 6 pixels about (x, y)."""
    frame = np.zeros((height, width, 3), np.uint8)
    frame[y - 3 : y + 3, x - 4 : x + 4] = 255
    return frame


def numbered(*frames, first=0):
    return list(enumerate(frames, start=first))


def test_points_masks_and_presence_come_back_in_the_clips_own_frame():
    places = [(100, 40), (104, 43), (108, 46), (112, 49)]
    said = predict_region_point(Brightest(), numbered(*(spot(*p) for p in places), first=7), picture=PICTURE)
    assert said.first_frame == 7
    np.testing.assert_allclose(said.points, places, atol=2)  # half a pixel of the picture: 4 / 2 and 3 / 2
    assert said.present.tolist() == [False, False, False, True]  # -2, -1, 0, 1 above 0
    np.testing.assert_allclose(said.confidence, [1 / (1 + math.exp(-logit)) for logit in (-2, -1, 0, 1)], rtol=1e-6)
    assert said.masks.shape == (4, 96, 256)
    for mask, (x, y) in zip(said.masks, places, strict=True):
        rows, columns = mask.nonzero()
        np.testing.assert_allclose([columns.mean() + 0.5, rows.mean() + 0.5], [x, y], atol=1.5)
        assert 0.3 < mask.sum() / 48 < 2
    assert (said.onset, math.isnan(said.onset_confidence)) == (None, True)


def test_masks_may_be_left_out():
    assert predict_region_point(Brightest(), numbered(spot(100, 40)), picture=PICTURE, masks=False).masks is None


def test_the_model_gets_pictures_in_evaluation_mode_without_gradients_and_is_left_as_it_was():
    model = Brightest().train()
    predict_region_point(model, numbered(spot(100, 40), spot(90, 40)), picture=PICTURE)
    assert model.seen == [((1, 3, 32, 64), False, True)] * 2
    assert model.training
    predict_source(model.eval(), spot(100, 40), picture=PICTURE)
    assert not model.training


def test_frames_are_asked_for_one_by_one_and_not_held_on_to():
    given_out = []

    def frames():
        for number in range(30):
            frame = spot(100, 40)
            given_out.append(weakref.ref(frame))
            yield number, frame

    stream = region_point_frames(Brightest(), frames(), picture=PICTURE)
    assert not given_out, "nothing is read before it is asked for"
    for number, seen in enumerate(stream):
        assert seen.frame == number
        assert not torch.is_inference_mode_enabled(), "the mode must not leak out of a waiting generator"
        assert len(given_out) == number + 1
        assert sum(frame() is not None for frame in given_out) <= 1


def test_a_source_is_told_in_the_frames_pixels():
    point = predict_source(Brightest(), spot(200, 30), picture=PICTURE)
    assert point.dtype == np.float32
    np.testing.assert_allclose(point, [200, 30], atol=2)


def test_random_weights_say_nothing_unless_asked_to():
    model, frames = Brightest(), numbered(spot(100, 40))
    del model.bleedkit_weights_digest
    for call in (
        lambda **more: predict_region_point(model, frames, picture=PICTURE, **more),
        lambda **more: predict_source(model, frames[0][1], picture=PICTURE, **more),
        lambda **more: predict_onset(Windows([]), frames, picture=PICTURE, **more),
    ):
        with pytest.raises(BleedkitError, match="are random"):
            call()
        call(allow_random=True)


def test_a_random_flow_is_refused_as_well():
    model, frames = Brightest(), numbered(spot(100, 40))
    model.flow = nn.Conv2d(3, 2, 1)
    with pytest.raises(BleedkitError, match="weights of this Conv2d are random"):
        predict_region_point(model, frames, picture=PICTURE)
    mark_loaded(model.flow, "1f")
    predict_region_point(model, frames, picture=PICTURE)


def test_a_missing_frame_and_a_change_of_size_are_told():
    with pytest.raises(BleedkitError, match="frame 1 is missing, after 0 came 2"):
        predict_region_point(Brightest(), [(0, spot(9, 9)), (2, spot(9, 9))], picture=PICTURE)
    with pytest.raises(BleedkitError, match="frame 1 is 128x64, those before are 256x96"):
        predict_region_point(Brightest(), numbered(spot(9, 9), spot(9, 9, 128, 64)), picture=PICTURE)
    with pytest.raises(ValueError, match="at least one frame"):
        predict_region_point(Brightest(), [], picture=PICTURE)


class Windows:
    """An onset model that says what it is told: (position, logit) of window k."""

    def __init__(self, said, window=4):
        self.said, self.window = said, window

    def start(self):
        return 0

    def step(self, _frame, state):
        start = state - self.window + 1
        if start < 0:
            return None, state + 1
        position, logit = self.said[start]
        return OnsetWindows(torch.tensor([position]), torch.tensor([logit])), state + 1


def onset(said, *, window=4, first=0):
    model = Windows(said, window)
    mark_loaded(model, "")
    frames = numbered(*[spot(9, 9, 16, 16)] * (len(said) + window - 1), first=first)
    return predict_onset(model, frames, picture=PICTURE)


def test_the_onset_is_the_earliest_that_a_confident_window_names():
    said = [(0.1, -3.0), (0.9, 0.2), (0.3, 2.0), (0.1, 1.0)]  # - ; 1 + floor(3.6) = 4 ; 2 + floor(1.2) = 3 ; 3 + 0 = 3
    came = onset(said, first=10)
    assert came.frame == 13
    assert came.confidence == pytest.approx(1 / (1 + math.exp(-2.0)))


def test_no_confident_window_is_no_onset():
    came = onset([(0.5, -1.0), (0.5, -0.5)])
    assert came.frame is None
    assert came.confidence == pytest.approx(1 / (1 + math.exp(0.5)))


def test_a_clip_shorter_than_a_window_says_nothing():
    came = onset([], window=4)
    assert came.frame is None
    assert math.isnan(came.confidence)


WINDOW_SAYS = st.tuples(st.floats(0, 63 / 64, width=32, allow_subnormal=False), st.sampled_from([-1.0, 1.0]))


@given(st.lists(WINDOW_SAYS, min_size=1, max_size=8))
def test_the_onset_is_equation_2_over_all_windows(said):
    named = [t + math.floor(position * 4) for t, (position, logit) in enumerate(said) if logit > 0]
    assert onset(said).frame == (min(named) if named else None)
