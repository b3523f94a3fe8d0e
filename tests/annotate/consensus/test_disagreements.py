from dataclasses import replace

import numpy as np
import pytest

from bleedkit.annotate.consensus.agreement import mask_reader
from bleedkit.annotate.consensus.disagreements import (
    onset_disagreements,
    point_disagreements,
    queue_disagreements,
    region_disagreements,
)
from bleedkit.annotate.consensus.terms import Terms
from bleedkit.annotate.consensus.votes import mask_votes, onset_votes, point_votes
from bleedkit.datasets.schema import Provenance, Review, ReviewItem

from .conftest import hidden, onset, point, square

TERMS = Terms(within_px=10 * 1240 / 64, within_s=0.5, dice=0.7)  # 10 px of a picture 64 wide


def points_of(cohort):
    return list(point_disagreements(point_votes(cohort), TERMS, cohort.clips))


def test_points_apart_are_named_with_their_distance(people):
    (found,) = points_of(people.say(point("kim", 10, 10), point("lee", 22, 26), point("roy", 11, 10)))
    assert found.reason == "kim and lee are 20 px apart"  # 12 and 16
    assert found.apart == pytest.approx(2)
    assert (found.of, found.clip_id, found.frame, found.target) == ("point", "a1", 0, "source")
    assert (found.x, found.y) == (11, 10)  # the median


def test_points_within_the_limit_are_none(people):
    assert points_of(people.say(point("kim", 10, 10), point("lee", 16, 18))) == []  # exactly 10


def test_who_sees_nothing_disagrees(people):
    seeing = point("kim", 10, 10), point("roy", 12, 10), point("", 12, 10)
    (found,) = points_of(people.say(*seeing, hidden("lee"), hidden("kim", frame=1)))
    assert found.reason == "(unnamed), kim and roy see it, lee does not"
    assert found.apart == np.inf
    assert (found.x, found.y) == (12, 10)


def test_what_a_reviewer_settled_is_none(people):
    one, other = point("kim", 10, 10), point("lee", 50, 40)
    word = replace(one, annotator="rev", review=Review.ACCEPTED, supersedes=one.label_id)
    assert points_of(people.say(one, other, word)) == []


def test_regions(people):
    people.draw("kim", square(10, 10, 4))
    people.draw("lee", square(12, 10, 4))  # Dice 0.5
    people.draw("kim", square(10, 10, 4), frame=1)
    people.draw("lee", square(11, 10, 4), frame=1)  # Dice 0.75
    people.draw("kim", square(10, 10, 4), frame=2)
    people.draw("lee", square(0, 0, 0), frame=2)
    found = list(region_disagreements(mask_votes(people.cohort), TERMS, mask_reader(people.cohort)))
    assert [one.reason for one in found] == [
        "regions of kim and lee overlap by Dice 0.50",
        "kim draws a region, lee none",
    ]
    assert found[0].apart == pytest.approx(0.5 / 0.3)


def test_onsets(people):
    cohort = people.say(
        *(onset("kim", 4), onset("lee", 10)),
        *(onset("kim", 4, clip="a2"), onset("lee", 9, clip="a2")),  # half a second exactly
        *(onset("kim", 7, clip="b1"), onset("lee", -1, clip="b1")),
    )
    found = list(onset_disagreements(onset_votes(cohort), TERMS, cohort.clips))
    assert [(one.clip_id, one.frame, one.reason) for one in found] == [
        ("a1", 4, "onsets of kim and lee are 6 frames (0.60 s) apart"),
        ("b1", 7, "kim gives an onset, lee none"),
    ]


def test_the_queue_holds_the_last_runs_and_other_runs_items(people):
    engine = Provenance("pseudolabel", "{}", "0")
    flagged = ReviewItem("a1", 5, "source", "lost", engine.id, 1, 2)
    people.cohort.append(provenance=[engine], review=[flagged])
    cohort = people.say(point("kim", 10, 10), point("lee", 40, 40), onset("kim", 1), onset("lee", 19))
    found = [*points_of(cohort), *onset_disagreements(onset_votes(cohort), TERMS, cohort.clips)]
    assert queue_disagreements(cohort, found, TERMS) == 2
    first = cohort.review_items()
    assert {(item.frame, item.target, item.reason) for item in first} == {
        (5, "source", "lost"),
        (0, "source", "kim and lee are 42 px apart"),
        (1, "onset", "onsets of kim and lee are 18 frames (1.80 s) apart"),
    }
    kinds = {run.id: run.kind for run in cohort.provenance().values()}
    assert sorted(kinds[item.provenance] for item in first) == ["agreement", "agreement", "pseudolabel"]
    queue_disagreements(cohort, found, TERMS)
    assert cohort.review_items() == first
    assert queue_disagreements(cohort, [], TERMS, target="onset") == 0
    assert {item.reason for item in cohort.review_items()} == {"lost", "kim and lee are 42 px apart"}
    assert len(cohort.points()) == 2
