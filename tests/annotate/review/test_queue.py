from dataclasses import replace

import pytest

from bleedkit.annotate.review.clip_review import ClipReview
from bleedkit.annotate.review.queue import FLAGGED_PX, ReviewQueue, assigned, clip_items
from bleedkit.annotate.review.session import ReviewSession
from bleedkit.datasets.schema import (
    Clip,
    Frame,
    ImageSize,
    LabelState,
    OnsetLabel,
    PointLabel,
    Review,
    ReviewItem,
)

WIDE = ImageSize(1240, 1080)  # of the reference width, so that pixels are pixels


def pseudo(frame, sd=1.0, x=100.0, **more):
    values = {"state": LabelState.PSEUDO, "provenance": "r", "var_x": sd**2, "var_y": sd**2, "cov_xy": 0, **more}
    return PointLabel(clip_id="c", frame=frame, x=x, y=50.0, **values)


def human(frame):
    return PointLabel(clip_id="c", frame=frame, x=100.0, y=50.0, annotator="lee")


def clip_review(labels, flagged=(), clip_id="c", n_frames=61):
    labels = [replace(label, clip_id=clip_id) for label in labels]
    rows = {label.label_id: label for label in labels}
    items = {(f, "source"): ReviewItem(clip_id, f, "source", "lost", "r", 1.0, 2.0) for f in flagged}
    clip = Clip(clip_id, "p", "p", 30, WIDE, n_frames)
    return ClipReview(clip, [Frame(clip_id, f, "", f / 30, "") for f in range(n_frames)], rows, items)


def test_a_run_lies_between_two_peoples_labels():
    review = clip_review([human(0), *[pseudo(f) for f in range(1, 30)], human(30), *[pseudo(f) for f in (31, 32)]])
    assert [item.frames for item in clip_items(review)] == [tuple(range(1, 30)), (31, 32)]


@pytest.mark.parametrize(
    ("state", "onset", "left"), [("human", 3, [(3,)]), ("human", -1, [(1, 2, 3)]), ("model", 3, [(1, 2, 3)])]
)
def test_a_guess_from_before_the_onset_that_a_person_gave_is_no_work(state, onset, left):
    review = clip_review([pseudo(4, review=Review.ACCEPTED), human(5)], flagged=(1, 2, 3))
    said = OnsetLabel(clip_id="c", frame=onset, state=LabelState(state), provenance="r")
    review.rows[said.label_id] = said
    assert [item.frames for item in clip_items(review)] == left
    progress = ReviewQueue(["c"], lambda _: review).progress(())
    assert (progress.settled, progress.frames) == (2, 2 + len(left[0]))


@pytest.mark.parametrize(("review", "left"), [(Review.UNREVIEWED, (2, 3)), (Review.CORRECTED, (3,))])
def test_of_two_peoples_onsets_the_earlier_counts_until_a_reviewer_settled_it(review, left):
    labels = clip_review([human(5)], flagged=(1, 2, 3))
    for frame, who, said in ((2, "lee", Review.UNREVIEWED), (3, "kim", review)):
        onset = OnsetLabel(clip_id="c", frame=frame, annotator=who, review=said)
        labels.rows[onset.label_id] = onset
    assert [item.frames for item in clip_items(labels)] == [left]


def test_a_point_that_was_rejected_is_settled():
    review = clip_review([human(0), pseudo(1), pseudo(2, review=Review.REJECTED, annotator="kim")])
    progress = ReviewQueue(["c"], lambda _: review).progress(())
    assert (progress.settled, progress.frames) == (2, 3)


def test_the_look_goes_where_most_is_to_be_gained():
    labels = [human(0), *[pseudo(f, sd=9.0 if 10 <= f < 14 else 1.0) for f in range(1, 30)], human(30)]
    item = clip_items(clip_review(labels))[0]
    # in the middle of the four frames of 9 px
    assert item.frame in (11, 12)
    assert item.why == "uncertain by 9.0 px"


def test_expected_gain_by_hand():
    item = clip_items(clip_review([human(0), pseudo(1, sd=3.0), pseudo(2, sd=4.0), human(3)]))[0]
    # at frame 2: 4 * 1 + 3 * (1 - 1/15)
    assert item.frame == 2
    assert item.gain == pytest.approx(4 + 3 * 14 / 15)


def test_flagged_frames_come_first_and_say_why():
    labels = [human(0), *[pseudo(f) for f in range(1, 30)], human(30), *[pseudo(f) for f in range(31, 35)]]
    items = clip_items(clip_review([label for label in labels if label.frame not in (33, 34)], flagged=(33, 34)))
    by_gain = sorted(items, key=lambda item: -item.gain)
    assert by_gain[0].why == "lost; 2 of 4 frames flagged"
    # at 33: itself, the other flagged one 1 off, and the labelled ones of 1 px, 1 and 2 off
    assert by_gain[0].frame == 33
    assert by_gain[0].gain == pytest.approx(FLAGGED_PX * (1 + 14 / 15) + 14 / 15 + 13 / 15)


def test_a_model_that_disagrees_raises_the_gain():
    model = pseudo(2, x=130.0, state=LabelState.MODEL)
    calm = clip_items(clip_review([human(0), pseudo(1), pseudo(2), human(3)]))[0]
    torn = clip_items(clip_review([human(0), pseudo(1), pseudo(2), model, human(3)]))[0]
    assert torn.frame == 2
    assert torn.gain - calm.gain > 25


def test_a_jump_raises_the_gain():
    smooth = clip_items(clip_review([human(0), *[pseudo(f) for f in (1, 2, 3)], human(4)]))[0]
    jump = clip_items(clip_review([human(0), pseudo(1), pseudo(2, x=120.0), pseudo(3), human(4)]))[0]
    assert (jump.frame, jump.gain > smooth.gain + 15) == (2, True)


def test_what_a_person_settled_is_not_asked_again():
    judged = pseudo(1, review=Review.ACCEPTED, annotator="kim")
    assert [item.frames for item in clip_items(clip_review([human(0), judged, pseudo(2), human(3)]))] == [(2,)]


def test_orders():
    reviews = {
        "a": clip_review([human(0), pseudo(1), human(2)], clip_id="a"),
        "b": clip_review([human(0), pseudo(1, sd=5.0), human(2)], clip_id="b"),
    }
    queues = {order: ReviewQueue(["a", "b"], reviews.__getitem__, order) for order in ("gain", "temporal")}
    assert [item.clip_id for item in queues["gain"].items()] == ["b", "a"]
    assert [item.clip_id for item in queues["temporal"].items()] == ["a", "b"]
    drawn = [ReviewQueue(["a", "b"], reviews.__getitem__, "random", seed).items()[0].clip_id for seed in range(20)]
    assert set(drawn) == {"a", "b"}


def test_a_scenario_nobody_looked_at_counts_more():
    reviews = {name: clip_review([human(0), pseudo(1), human(2)], clip_id=name) for name in ("a", "b")}
    queue = ReviewQueue(["a", "b"], reviews.__getitem__, scenarios={"a": ["smoke"], "b": ["jitter"]})
    assert queue.next().clip_id == "a"  # both as good: in order of clips
    queue.changed("a")
    assert queue.next().clip_id == "b"


def test_clips_are_shared_out_whole_and_evenly():
    clips = [f"c{i}" for i in range(7)]
    shares = [assigned(clips, ["lee", "kim"], name) for name in ("kim", "lee")]
    assert sorted([*shares[0], *shares[1]]) == clips
    assert [len(share) for share in shares] == [4, 3]
    with pytest.raises(ValueError, match="none of"):
        assigned(clips, ["kim"], "max")


def test_the_queue_empties_as_the_session_works(session, cohort):
    queue = ReviewQueue(list(cohort.clips), session.clip)
    before = queue.progress(session.decisions)
    assert (before.settled, before.decisions) == (4, 0)  # of each clip: the human labels of frames 0 and 2
    while (item := queue.next()) is not None:
        if item.frame == 3:  # flagged, without a label
            session.move(item.clip_id, 3, (4.0, 4.0), seconds=2.0)
        else:
            session.accept(item.clip_id, item.frames, target=item.target, seconds=4.0)
        queue.changed(item.clip_id)
    after = queue.progress(session.decisions)
    assert (after.settled, after.frames) == (8, 8)
    assert after.seconds == 3.0
    again = ReviewSession(cohort, "kim", images_of=lambda _clip_id: None)
    assert ReviewQueue(list(cohort.clips), again.clip).next() is None
