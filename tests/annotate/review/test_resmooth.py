import numpy as np
import pytest

from bleedkit.annotate.review.pull_decisions import pull_decisions
from bleedkit.annotate.review.resmooth import Resmoother
from bleedkit.annotate.review.session import ReviewSession
from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.schema import LabelState, Review

from .conftest import images_of


@pytest.fixture
def reviewer(dense):
    return ReviewSession(dense, "kim", images_of=images_of(dense), resmoother=Resmoother())


def first_clip(cohort):
    return next(iter(cohort.clips))


def target_of(cohort, clip_id):
    return sorted({point.target for point in cohort.points(clip_id)})[0]


def test_one_correction_moves_the_rest_of_its_segment(reviewer, dense):
    clip_id = first_clip(dense)
    target = target_of(dense, clip_id)
    before = reviewer.clip(clip_id).points(target)
    middle = next(f for f in range(8, 23) if {f - 1, f, f + 1} <= set(before))
    at = before[middle]
    decision = reviewer.move(clip_id, middle, (at.x + 6, at.y), target=target)
    after = reviewer.clip(clip_id).points(target)
    assert {point.frame for point in decision.track} <= set(range(1, 30)) - {middle}
    assert (after[middle].x, after[middle].state) == (at.x + 6, LabelState.HUMAN)
    # the frames beside it follow, those beside the human labels at 0 and 30 stay
    for frame in (middle - 1, middle + 1):
        moved = next(point for point in decision.track if point.frame == frame)
        assert moved.x - before[frame].x > 2
    for point in decision.track:
        if point.frame in {1, 29} & set(before):
            assert abs(point.x - before[point.frame].x) < 2


def test_the_new_track_lands_in_the_cohort_and_undo_takes_all_of_it_back(reviewer, dense):
    clip_id = first_clip(dense)
    target = target_of(dense, clip_id)
    before = {f: p.label_id for f, p in reviewer.clip(clip_id).points(target).items()}
    places = {f: (p.x, p.y) for f, p in reviewer.clip(clip_id).points(target).items()}
    reviewer.move(clip_id, 15, (50.0, 50.0), target=target)
    assert pull_decisions(dense).rows > 1
    reviewer.undo(clip_id)
    assert pull_decisions(dense).rows > 1
    shown = ReviewSession(Cohort(dense.folder, dense.media_root), "lee", images_of=images_of(dense)).clip(clip_id)
    assert {f: (p.x, p.y) for f, p in shown.points(target).items()} == places
    assert set(before) == set(shown.points(target))


def test_what_a_person_judged_stays(reviewer, dense):
    clip_id = first_clip(dense)
    target = target_of(dense, clip_id)
    frame = next(f for f in (14, 13, 16, 17) if f in reviewer.clip(clip_id).points(target))
    reviewer.accept(clip_id, [frame], target=target)
    kept = reviewer.clip(clip_id).points(target)[frame]
    decision = reviewer.move(clip_id, 15, (60.0, 60.0), target=target)
    assert frame not in {point.frame for point in decision.track}
    assert reviewer.clip(clip_id).points(target)[frame] == kept
    assert kept.review is Review.ACCEPTED


def test_the_same_correction_gives_the_same_track(dense):
    clip_id = first_clip(dense)
    target = target_of(dense, clip_id)
    tracks = []
    for name in ("kim", "lee"):
        session = ReviewSession(dense, name, images_of=images_of(dense), resmoother=Resmoother())
        tracks.append(session.move(clip_id, 15, (60.0, 60.0), target=target).track)
    assert tracks[0] == tracks[1]
    assert np.isfinite([(p.x, p.y) for p in tracks[0]]).all()
