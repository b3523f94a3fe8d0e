"""The onset by colour change, on levels of redness and on frames that are painted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.models.colour_onset import ColourOnset, mean_redness


def frame(level, width=32, height=24):
    """A frame whose mean redness is `level` / 255."""
    return np.full((height, width, 3), (level, 0, 0), np.uint8)


def frames(levels, first=0):
    return [(first + at, frame(level)) for at, level in enumerate(levels)]


def test_mean_redness_is_that_of_the_red_mask():
    half = frame(100)
    half[:, :16] = 255  # white: no redness
    assert mean_redness(half) == pytest.approx(50 / 255, abs=1e-6)


def test_the_onset_is_the_first_frame_of_the_rise():
    said = ColourOnset().onset(frames([20] * 40 + [30] * 20))
    assert said.frame == 40
    rise = 10 / 255
    assert said.confidence == pytest.approx(rise / (rise + 0.006))


def test_frames_are_numbered_as_they_come():
    assert ColourOnset().onset(frames([20] * 40 + [30] * 20, first=7)).frame == 47


def test_a_rise_that_does_not_last_is_none():
    said = ColourOnset().onset(frames([20] * 40 + [30] * 9 + [20] * 30))
    assert said.frame is None
    assert said.confidence == pytest.approx(0.5 * 9 / 10)


def test_a_picture_that_is_as_red_as_ever_is_no_onset():
    said = ColourOnset().onset(frames([20] * 80))
    assert (said.frame, said.confidence) == (None, 0)


def test_what_bleeds_from_the_first_frame_on_is_not_seen():
    assert ColourOnset().onset(frames([60] * 80)).frame is None
    # 20 frames of the scene are needed: 15 that lie too near, and 5 of a baseline.
    assert ColourOnset().onset(frames([20] * 19 + [60] * 40)).frame == 20
    assert ColourOnset().onset(frames([20] * 20 + [60] * 40)).frame == 20


def test_a_restless_scene_must_rise_further():
    restless = [30, 20] * 30  # a spread of 5 / 255 round 25: the bar is 10 / 255 above the median
    assert ColourOnset().onset(frames([*restless, *[33] * 20])).frame is None
    assert ColourOnset().onset(frames([*restless, *[40] * 20])).frame == 60
    assert ColourOnset(spreads=0).onset(frames([*restless, *[33] * 20])).frame == 60


def test_settings_that_mean_nothing_are_refused():
    with pytest.raises(ValueError, match="persist"):
        ColourOnset(persist=0)


def test_no_frame_is_read_after_the_onset_is_certain():
    read = []

    def stream():
        for number, picture in frames([20] * 40 + [30] * 30):
            read.append(number)
            yield number, picture

    ColourOnset().onset(stream())
    assert read[-1] == 49  # the tenth of the run from 40 on


@given(st.lists(st.integers(0, 255), max_size=80), st.integers(0, 80))
def test_a_step_at_a_time_is_the_clip_and_the_state_is_bounded(levels, cut):
    model = ColourOnset()
    state = model.start()
    for level in levels:
        before = state
        state = model.after(level / 255, state)
        assert model.after(level / 255, before) == state, "the old state is left as it was"
        assert len(state.levels) <= 45
    early = model.start()
    for level in levels[:cut]:
        early = model.after(level / 255, early)
    if early.found is not None:
        assert state.found == early.found, "what was found stays"
