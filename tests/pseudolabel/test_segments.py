"""Segments: any gap, not-visible labels, one label, several targets; ids that change with what matters."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets.schema import Clip, ImageSize, LabelState, PointLabel, Review
from bleedkit.pseudolabel.segments import MOST_CHECKS, Anchor, by_clip, checks_of, segments_of

CLIP = Clip("c", "p", "p", 30, ImageSize(1240, 1080), 2000)


def point(frame, x=1.0, *, target="source", visible=True, **more):
    xy = {"x": x, "y": 2.0} if visible else {}
    return PointLabel(clip_id="c", frame=frame, target=target, visible=visible, **xy, **more)


def spans(segments):
    return [(s.frames[0], s.frames[-1], s.start is not None, s.end is not None) for s in segments]


def test_unequal_gaps_and_a_short_last_one():
    found = segments_of(CLIP, range(176), [point(0), point(150), point(175)], horizon_before=30, horizon_after=30)
    assert spans(found) == [(0, 150, True, True), (150, 175, True, True)]
    assert found[1].inner == tuple(range(151, 175))


def test_one_label_goes_forward_and_backward_to_the_horizon():
    found = segments_of(CLIP, range(200), [point(100)], horizon_before=30, horizon_after=30)
    assert spans(found) == [(70, 100, False, True), (100, 130, True, False)]


def test_not_visible_labels_bound_segments_and_a_never_seen_target_has_none():
    labels = [point(0), point(30, visible=False), point(60, visible=False), point(90)]
    assert spans(segments_of(CLIP, range(91), labels, horizon_before=30, horizon_after=30)) == [
        (0, 30, True, False), (30, 60, False, False), (60, 90, False, True)
    ]  # fmt: skip
    assert (
        segments_of(
            CLIP, range(91), [point(0, visible=False), point(30, visible=False)], horizon_before=30, horizon_after=30
        )
        == []
    )


def test_beyond_a_last_label_that_says_not_visible_there_is_nothing_to_go_on():
    assert spans(
        segments_of(CLIP, range(91), [point(0), point(30, visible=False)], horizon_before=30, horizon_after=30)
    ) == [(0, 30, True, False)]


def test_only_human_labels_that_are_not_rejected_count_and_targets_stay_apart():
    labels = [
        point(0), point(10, target="b"), point(20, review=Review.REJECTED), point(40), point(50, target="b"),
        point(30, state=LabelState.PSEUDO, provenance="run"),
    ]  # fmt: skip
    found = segments_of(CLIP, range(51), labels, horizon_before=0, horizon_after=0)
    assert [(s.target, s.frames[0], s.frames[-1]) for s in found] == [("b", 10, 50), ("source", 0, 40)]


def test_frames_without_image_are_left_out_and_neighbouring_labels_make_no_segment():
    found = segments_of(CLIP, [0, 2, 3, 7, 8], [point(0), point(7), point(8)], horizon_before=5, horizon_after=5)
    assert [s.frames for s in found] == [(0, 2, 3, 7)]


def test_a_check_hides_the_label_between_two_visible_ones():
    segments = segments_of(
        CLIP,
        range(91),
        [point(0, 1), point(30, 2), point(60, 3), point(90, visible=False)],
        horizon_before=0,
        horizon_after=0,
    )
    checks = checks_of(segments)
    assert [(c.frames[0], c.frames[-1], c.hidden_label) for c in checks] == [(0, 60, Anchor(30, (2.0, 2.0)))]
    assert 30 in checks[0].inner


def test_checks_are_thinned_to_a_fixed_number():
    segments = segments_of(CLIP, range(1001), [point(f) for f in range(0, 1001, 5)], horizon_before=0, horizon_after=0)
    assert MOST_CHECKS / 2 < len(checks_of(segments)) <= MOST_CHECKS


def test_the_id_follows_frames_labels_config_and_images():
    (one,) = segments_of(CLIP, range(31), [point(0), point(30)], horizon_before=0, horizon_after=0)
    moved = dataclasses.replace(one, after=Anchor(30, (1.0, 2.5)))
    fewer = dataclasses.replace(one, frames=one.frames[:-2] + one.frames[-1:])
    ids = {
        one.id("d", {"a": 1}),
        moved.id("d", {"a": 1}),
        fewer.id("d", {"a": 1}),
        one.id("e", {"a": 1}),
        one.id("d", {}),
    }
    assert len(ids) == 5
    assert one.id("d", {"a": 1}) == segments_of(
        CLIP, range(31), [point(0), point(30)], horizon_before=0, horizon_after=0
    )[0].id("d", {"a": 1})


@given(
    frames=st.sets(st.integers(0, 80), min_size=1),
    labels=st.dictionaries(st.tuples(st.sampled_from("ab"), st.integers(0, 80)), st.booleans(), max_size=10),
    before=st.integers(0, 20),
    after=st.integers(0, 20),
)
def test_every_frame_within_reach_is_an_anchor_or_in_exactly_one_segment_of_its_target(frames, labels, before, after):
    points = [point(frame, target=target, visible=visible) for (target, frame), visible in labels.items()]
    found = segments_of(CLIP, frames, points, horizon_before=before, horizon_after=after)
    for target in "ab":
        said = {frame: visible for (name, frame), visible in labels.items() if name == target and frame in frames}
        inner = sorted(frame for segment in found if segment.target == target for frame in segment.inner)
        assert inner == sorted(f for f in frames - set(said) if _within_reach(f, said, before, after))
    assert [s for _, group in by_clip(found) for s in group] == sorted(
        found, key=lambda s: (s.frames[-1], s.frames[0], s.target)
    )


def _within_reach(frame: int, said: dict[int, bool], before: int, after: int) -> bool:
    """By the words of the issue: between two labels, or up to a horizon from an outer one that sees the target."""
    if not any(said.values()):
        return False
    first, last = min(said), max(said)
    if frame < first:
        return said[first] and first - frame <= before
    if frame > last:
        return said[last] and frame - last <= after
    return True


@given(
    frames=st.sets(st.integers(0, 80), min_size=1),
    labels=st.dictionaries(st.integers(0, 80), st.booleans(), max_size=8),
    after=st.integers(0, 20),
)
def test_without_chains_every_visible_label_goes_forward_alone_up_to_the_next(frames, labels, after):
    points = [point(frame, visible=visible) for frame, visible in labels.items()]
    found = segments_of(CLIP, frames, points, horizon_before=9, horizon_after=after, chains=False)
    said = {frame: visible for frame, visible in labels.items() if frame in frames}
    for segment in found:
        assert segment.after is None
        assert segment.start is not None
        assert segment.frames[0] == segment.before.frame
    inner = [frame for segment in found for frame in segment.inner]
    latest = {f: max((s for s in said if s < f), default=None) for f in frames - set(said)}
    assert inner == sorted(f for f, s in latest.items() if s is not None and said[s] and f - s <= after)


def test_the_detectors_labels_go_ten_frames_beyond_each():
    found = segments_of(
        CLIP, range(61), [point(0), point(30), point(36)], horizon_before=0, horizon_after=10, chains=False
    )
    assert [(s.inner[0], s.inner[-1]) for s in found] == [(1, 10), (31, 35), (37, 46)]
    assert checks_of(found) == []


def test_numpy_is_not_needed_to_name_a_segment():
    (one,) = segments_of(CLIP, np.arange(31).tolist(), [point(0), point(30)], horizon_before=0, horizon_after=0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.target = "other"
