"""Annotators: what they are said to be off by is what their labels are off by."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bleedkit.datasets.phantom.annotators import Annotator
from bleedkit.datasets.phantom.clip_truth import CAUSES, ClipTruth
from bleedkit.datasets.schema import Clip, ImageSize

SIZE = ImageSize(640, 480)
EXACT = Annotator("A1", (0.0, 0.0), (0.0, 0.0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def clip(frames: int) -> Clip:
    return Clip("c", "p", "p", 30.0, SIZE, frames)


def truth(frames: int, *, onset: int = 0, hidden: dict[int, str] | None = None) -> ClipTruth:
    """One source that stands at (300, 200) and bleeds from `onset` on, hidden by a cause in some frames."""
    cause = np.zeros((frames, 1), np.uint8)
    for frame, why in (hidden or {}).items():
        cause[frame] = CAUSES.index(why)
    return ClipTruth(
        xy=np.tile(np.array([300, 200], np.float32), (frames, 1, 1)),
        bleeding=(np.arange(frames) >= onset)[:, None],
        visible=cause == 0,
        cause=cause,
        tracks=np.zeros((frames, 0, 2), np.float32),
        track_visible=np.zeros((frames, 0), np.bool_),
        area=np.zeros((frames, 4), np.int32),
        onset_frame=onset,
    )


def test_an_exact_annotator_gives_the_truth():
    labels = EXACT.points(clip(5), truth(5, onset=2), range(5), seed=1)
    assert [label.visible for label in labels] == [False, False, True, True, True]
    assert {(label.x, label.y) for label in labels[2:]} == {(300.0, 200.0)}
    assert {label.annotator for label in labels} == {"A1"}


def test_bias_and_spread_are_those_of_the_labels():
    frames = 4000
    person = replace(EXACT, bias=(3.0, -2.0), spread=(4.0, 1.0), angle=math.pi / 2)
    labels = person.points(clip(frames), truth(frames), range(frames), seed=1)
    error = np.array([(label.x - 300, label.y - 200) for label in labels])
    # Along pi/2 is y. Standard errors of the means: 1 / sqrt(4000) = 0.016 in x, 0.063 in y; 4 of them.
    np.testing.assert_allclose(error.mean(axis=0), (3.0, -2.0), atol=0.26)
    np.testing.assert_allclose(error.std(axis=0), (1.0, 4.0), rtol=0.06)


def test_misses_and_strays_come_at_their_rates():
    frames = 4000
    person = replace(EXACT, miss=0.2, stray=0.1, stray_px=50.0)
    labels = person.points(clip(frames), truth(frames), range(frames), seed=2)
    seen = [label for label in labels if label.visible]
    away = np.array([math.hypot(label.x - 300, label.y - 200) for label in seen])
    assert 1 - len(seen) / frames == pytest.approx(0.2, abs=0.026)  # 4 * sqrt(.2 * .8 / 4000)
    assert np.mean(away > 0) == pytest.approx(0.1, abs=0.022)
    assert away.max() <= 50.0 and away[away > 0].min() >= 15.0


def test_what_an_instrument_hides_is_labelled_as_long_as_it_is_remembered():
    hidden = dict.fromkeys(range(10, 20), "instrument")
    person = replace(EXACT, memory_s=0.1)  # 3 frames at 30 fps
    labels = person.points(clip(30), truth(30, hidden=hidden), range(30), seed=1)
    assert [label.frame for label in labels if not label.visible] == list(range(13, 20))


def test_a_source_under_its_own_blood_is_marked_more_roughly():
    frames = 3000
    person = replace(EXACT, spread=(1.0, 1.0))
    bare = person.points(clip(frames), truth(frames), range(frames), seed=3)
    bloody = person.points(
        clip(frames), truth(frames, hidden=dict.fromkeys(range(frames), "blood")), range(frames), seed=3
    )
    spread = [np.std([label.x for label in labels]) for labels in (bare, bloody)]
    assert spread[1] == pytest.approx(2 * spread[0])


def test_nobody_clicks_outside_the_picture():
    person = replace(EXACT, bias=(400.0, 0.0))
    assert not any(label.visible for label in person.points(clip(3), truth(3), range(3), seed=1))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**40), st.integers(0, 2**40), st.sets(st.integers(0, 59), min_size=1))
def test_a_frames_label_hangs_on_no_other_frame(seed, person_seed, frames):
    person = Annotator.of(person_seed, "A2", SIZE)
    there = truth(60, onset=5)
    every = {label.frame: label for label in person.points(clip(60), there, range(60), seed)}
    assert [every[frame] for frame in sorted(frames)] == person.points(clip(60), there, sorted(frames), seed)


def test_two_people_differ_and_one_stays_the_same():
    first, second = Annotator.of(5, "A1", SIZE), Annotator.of(5, "A2", SIZE)
    assert first.bias != second.bias
    assert first == Annotator.of(5, "A1", SIZE)


def test_people_are_off_by_a_share_of_the_picture():
    small, large = Annotator.of(5, "A1", SIZE), Annotator.of(5, "A1", ImageSize(1280, 960))
    np.testing.assert_allclose(large.bias, np.multiply(small.bias, 2))
    np.testing.assert_allclose(large.spread, np.multiply(small.spread, 2))


def test_a_region_drawn_without_wander_is_the_region_and_with_it_stays_near():
    y, x = np.mgrid[:120, :160]
    disc = np.hypot(x - 80, y - 60) < 30
    assert np.array_equal(EXACT.region(disc, 0, 1), disc)
    drawn = replace(EXACT, outline_px=2.0).region(disc, 0, 1)
    both = np.count_nonzero(drawn & disc) / np.count_nonzero(drawn | disc)
    assert 0.8 < both < 1
    assert np.array_equal(drawn[np.hypot(x - 80, y - 60) < 20], disc[np.hypot(x - 80, y - 60) < 20])


def test_no_blood_is_drawn_as_no_blood():
    nothing = np.zeros((20, 30), bool)
    assert not replace(EXACT, outline_px=3.0).region(nothing, 0, 1).any()


def test_onsets_are_exact_for_the_first_annotator_and_near_for_others():
    first, other = Annotator.of(5, "A1", SIZE, first=True), Annotator.of(5, "A2", SIZE)
    there = truth(200, onset=120)
    assert first.onset(clip(200), there, 7).frame == 120
    late = [other.onset(clip(200), there, seed).frame - 120 for seed in range(200)]
    assert np.std(late) == pytest.approx(other.onset_s * 30, rel=0.25)


def test_a_clip_that_never_bleeds_has_onset_minus_one():
    quiet = replace(truth(5), onset_frame=-1, bleeding=np.zeros((5, 1), np.bool_))
    assert EXACT.onset(clip(5), quiet, 1).frame == -1
    assert not any(label.visible for label in EXACT.points(clip(5), quiet, range(5), 1))


@pytest.mark.parametrize(
    "wrong", [{"miss": 1.5}, {"stray": -0.1}, {"spread": (-1.0, 1.0)}, {"memory_s": math.nan}, {"name": ""}]
)
def test_an_impossible_annotator_is_refused(wrong):
    with pytest.raises(ValueError, match="nnotator"):
        replace(EXACT, **wrong)
