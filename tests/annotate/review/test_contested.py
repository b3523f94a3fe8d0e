"""Where annotators disagree, a reviewer is asked, once."""

import pytest

from bleedkit.annotate.consensus.agreement import measure_agreement
from bleedkit.annotate.consensus.disagreements import queue_disagreements
from bleedkit.annotate.consensus.terms import Terms
from bleedkit.annotate.review.queue import ReviewQueue
from bleedkit.annotate.review.session import ReviewSession
from bleedkit.datasets.schema import OnsetLabel, PointLabel

from .conftest import images_of


@pytest.fixture
def contested(cohort):
    """Toy clips; in clip0, roy puts the source of frame 0 elsewhere than lee, and gives another onset."""
    cohort.append(
        points=[PointLabel(clip_id="clip0", frame=0, x=50, y=40, annotator="roy")],
        onsets=[OnsetLabel(clip_id="clip0", frame=3, annotator="roy")],
    )
    terms = Terms(within_px=25)
    queue_disagreements(cohort, measure_agreement(cohort, terms).disagreements, terms)
    return ReviewSession(cohort, "kim", images_of=images_of(cohort))


def asked(session):
    queue = ReviewQueue(["clip0"], session.clip, "temporal")
    return {(item.frame, item.target) for item in queue.items() if "apart" in item.why}, queue.progress([])


def test_a_disagreement_is_asked_until_a_reviewer_spoke(contested):
    places, before = asked(contested)
    assert places == {(0, "source"), (1, "onset")}
    contested.move("clip0", 0, (30.0, 30.0))
    places, after = asked(contested)
    assert places == {(1, "onset")}
    assert (after.settled, after.frames) == (before.settled + 1, before.frames)
    contested.onset("clip0", 2)
    assert asked(contested)[0] == set()
    contested.undo("clip0")
    assert asked(contested)[0] == {(1, "onset")}


def test_accepting_one_persons_label_settles_it(contested):
    contested.accept("clip0", [0])
    assert (0, "source") not in asked(contested)[0]


def test_an_onset_is_no_point_to_place(contested):
    assert all(target != "onset" for _, target in contested.clip("clip0").flagged)
