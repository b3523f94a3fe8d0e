import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bleedkit.annotate.review.decision import NEVER, Action
from bleedkit.annotate.review.pull_decisions import pull_decisions
from bleedkit.annotate.review.session import ReviewSession
from bleedkit.datasets.cohort import Cohort, most_trusted
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.schema import LabelState, Review


def point(cohort, frame, clip="clip0"):
    return most_trusted(p for p in cohort.points(clip) if p.frame == frame)


def no_pictures(_clip_id):
    raise AssertionError("corrections stand alone here")


def pulled(cohort):
    result = pull_decisions(cohort)
    assert not result.broken
    assert not result.lost
    return result, Cohort(cohort.folder)


def test_accepting_keeps_the_pseudo_label_and_says_who_judged_it(session, cohort):
    before = point(cohort, 1)
    session.accept("clip0", [1])
    result, after = pulled(cohort)
    assert result.rows == 1
    label = point(after, 1)
    assert (label.x, label.y, label.state) == (32.5, 24.25, LabelState.PSEUDO)
    assert (label.review, label.annotator, label.supersedes) == (Review.ACCEPTED, "kim", before.label_id)


def test_a_moved_point_becomes_a_human_label_that_replaces_the_old_one(session, cohort):
    session.move("clip0", 1, (20.0, 8.5))
    _, after = pulled(cohort)
    label = point(after, 1)
    assert (label.x, label.y, label.state, label.review) == (20.0, 8.5, LabelState.HUMAN, Review.CORRECTED)
    assert len(after.points("clip0", history=True)) == len(cohort.points("clip0")) + 1


def test_undo_brings_back_what_was_there_and_forgets_nothing(session, cohort):
    session.move("clip0", 1, (20.0, 8.5))
    session.undo("clip0")
    _, after = pulled(cohort)
    label = point(after, 1)
    assert (label.x, label.y, label.state, label.review) == (32.5, 24.25, LabelState.PSEUDO, Review.UNREVIEWED)
    assert len(after.points("clip0", history=True)) == len(cohort.points("clip0")) + 2
    with pytest.raises(BleedkitError, match="nothing on clip0 is left"):
        session.undo("clip0")


def test_undo_of_a_new_point_rejects_it(session, cohort):
    session.move("clip0", 3, (5.0, 5.0))
    session.undo("clip0")
    _, after = pulled(cohort)
    assert point(after, 3) is None
    assert [p.review for p in after.points("clip0") if p.frame == 3] == [Review.REJECTED]


@pytest.mark.parametrize(("frame", "before"), [(1, (32.5, 24.25)), (3, None)])
def test_undo_of_what_was_judged_and_taken_back_leaves_nothing_of_it(session, cohort, frame, before):
    """Frame 1 had a pseudo-label at (32.5, 24.25), frame 3 none; it is put elsewhere, accepted, all taken back."""
    session.move("clip0", frame, (5.0, 5.0))
    session.accept("clip0", [frame])
    session.undo("clip0")
    session.undo("clip0")
    label = point(pulled(cohort)[1], frame)
    assert (label and (label.x, label.y)) == before
    shown = session.clip("clip0").points().get(frame)
    assert (shown and (shown.x, shown.y)) == before


def test_undo_after_a_pull_is_pulled_as_well(session, cohort):
    session.move("clip0", 1, (20.0, 8.5))
    pulled(cohort)
    session.undo("clip0")
    _, after = pulled(cohort)
    assert point(after, 1).x == 32.5


def test_a_hidden_point_has_no_place(session, cohort):
    session.hide("clip0", [1])
    label = point(pulled(cohort)[1], 1)
    assert not label.visible
    assert math.isnan(label.x)


def test_one_decision_hides_several_points_and_one_undo_brings_them_back(session, cohort):
    session.hide("clip0", [1, 2, 3])
    assert [point(pulled(cohort)[1], frame).visible for frame in (1, 2, 3)] == [False] * 3
    assert len(session.decisions) == 1
    session.undo("clip0")
    _, after = pulled(cohort)
    assert (point(after, 1).x, point(after, 3)) == (32.5, None)


def test_onset_and_never(session, cohort):
    session.onset("clip0", 2)
    session.onset("clip1", NEVER)
    _, after = pulled(cohort)
    assert most_trusted(after.onsets("clip0")).frame == 2
    assert most_trusted(after.onsets("clip1")).frame == -1


def test_a_redrawn_region_comes_back_pixel_by_pixel_and_a_cleared_one_is_empty(session, cohort):
    mask = np.zeros((48, 64), bool)
    mask[5:9, 7:30] = True
    mask[6, 10] = False
    session.redraw("clip0", 0, mask)
    session.clear("clip0", 1)
    _, after = pulled(cohort)
    masks = {m.frame: m for m in after.masks("clip0")}
    np.testing.assert_array_equal(read_mask_png(after.mask_path(masks[0])), mask)
    assert masks[1].area == 0
    assert not read_mask_png(after.mask_path(masks[1])).any()


def test_a_second_pull_brings_nothing(session, cohort):
    session.accept("clip0", [0, 1])
    session.move("clip1", 1, (1.0, 2.0))
    session.undo("clip1")
    first, after = pulled(cohort)
    again, _ = pulled(after)
    assert (first.rows > 0, again.rows) == (True, 0)


def test_two_reviewers_of_one_point_leave_two_rows(session, cohort):
    other = ReviewSession(Cohort(cohort.folder), "lee", images_of=no_pictures)
    session.move("clip0", 1, (20.0, 8.5))
    other.move("clip0", 1, (21.0, 9.5))
    _, after = pulled(cohort)
    assert sorted((p.annotator, p.x) for p in after.points("clip0") if p.frame == 1) == [("kim", 20.0), ("lee", 21.0)]


def test_a_session_that_is_opened_again_shows_what_was_decided(session, cohort):
    session.move("clip0", 1, (20.0, 8.5))
    again = ReviewSession(Cohort(cohort.folder), "kim", images_of=no_pictures)
    assert again.clip("clip0").points()[1].x == 20.0
    again.undo("clip0")
    assert again.clip("clip0").points()[1].x == 32.5


def test_a_session_after_a_pull_shows_each_label_once(session, cohort):
    session.move("clip0", 1, (20.0, 8.5))
    session.move("clip0", 1, (22.0, 8.5))
    pulled(cohort)
    again = ReviewSession(Cohort(cohort.folder), "kim", images_of=no_pictures)
    assert again.clip("clip0").points()[1].x == 22.0
    assert sum(p.frame == 1 for p in again.clip("clip0").view().points) == 1


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (lambda s: s.move("clip0", 1, (64.0, 3.0)), "outside the frame of 64x48"),
        (lambda s: s.move("clip0", 9, (4.0, 3.0)), "has frames 0 to 3, not 9"),
        (lambda s: s.accept("clip0", [3]), "no label on clip0 frame 3"),
        (lambda s: s.onset("clip0", 4), "has frames 0 to 3, not 4"),
        (lambda s: s.redraw("clip0", 0, np.zeros((4, 4), bool)), "64x48"),
        (lambda s: s.comment("clip0", 0, "  "), "empty comment"),
        (lambda s: s.accept("clip9", [0]), "no clip 'clip9'"),
    ],
)
def test_a_wish_that_makes_no_sense_decides_nothing(session, wish, why):
    with pytest.raises(BleedkitError, match=why):
        wish(session)
    assert not session.log.read().decisions


def test_a_comment_stays_in_the_log_and_makes_no_label(session, cohort):
    session.comment("clip0", 1, "smoke in the view")
    result, _ = pulled(cohort)
    assert (result.decisions, result.rows) == (1, 0)
    assert session.log.read().decisions[0].text == "smoke in the view"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just(Action.MOVE), st.integers(0, 3), st.floats(0, 47.9), st.floats(0, 47.9)),
        st.tuples(st.just(Action.HIDE), st.integers(0, 3)),
        st.tuples(st.just(Action.ACCEPT), st.integers(0, 2)),
        st.tuples(st.just(Action.REJECT), st.integers(0, 2)),
        st.tuples(st.just(Action.UNDO)),
        st.tuples(st.just("pull")),
    ),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_done_the_cohort_ends_as_the_screen_was(make_cohort, steps):
    cohort = make_cohort(clips=1, name=f"c{abs(hash(repr(steps)))}")
    session = ReviewSession(cohort, "kim", images_of=no_pictures)
    for step in steps:
        try:
            match step[0]:
                case Action.MOVE:
                    session.move("clip0", step[1], step[2:])
                case Action.HIDE:
                    session.hide("clip0", [step[1]])
                case Action.ACCEPT:
                    session.accept("clip0", [step[1]], target="source")
                case Action.REJECT:
                    session.reject("clip0", [step[1]], target="source")
                case Action.UNDO:
                    session.undo("clip0")
                case "pull":
                    pulled(cohort)
        except BleedkitError:
            continue
    _, after = pulled(cohort)
    screen = session.clip("clip0").points()
    kept = {f: p for f in range(4) if (p := point(after, f)) is not None}
    assert {f: p.label_id for f, p in kept.items()} == {f: p.label_id for f, p in screen.items()}
    assert pulled(after)[0].rows == 0
