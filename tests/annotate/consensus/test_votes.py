from dataclasses import replace

from bleedkit.annotate.consensus.votes import mask_votes, onset_votes, point_votes, standing
from bleedkit.datasets.schema import LabelState, Provenance, Review

from .conftest import hidden, onset, point, square


def test_people_are_side_by_side_whatever_the_order(people):
    cohort = people.say(point("lee", 3, 4), point("kim", 1, 2), hidden("kim", frame=2), onset("kim", 7))
    first, second = point_votes(cohort)
    assert (first.clip_id, first.frame, first.target) == ("a1", 0, "source")
    assert list(first.own) == ["kim", "lee"]
    assert (first.own["kim"].x, first.own["lee"].x) == (1, 3)
    assert (second.frame, list(second.own)) == (2, ["kim"])
    assert [(vote.clip_id, vote.own["kim"].frame) for vote in onset_votes(cohort)] == [("a1", 7)]


def test_a_correction_of_ones_own_counts_and_a_reviewers_does_not_hide_what_was_said(people):
    first = point("kim", 1, 2)
    again = replace(first, x=5.0, supersedes=first.label_id)
    reviewed = replace(again, x=9.0, annotator="rev", review=Review.CORRECTED, supersedes=again.label_id)
    (vote,) = point_votes(people.say(first, again, reviewed, point("lee", 3, 4)))
    assert {name: label.x for name, label in vote.own.items()} == {"kim": 5, "lee": 3}
    assert {label.x for label in vote.current} == {9, 3}
    assert [label.x for label in standing(vote.current)] == [9]


def test_pseudo_labels_are_nobodys_vote(people):
    run = Provenance("pseudolabel", "{}", "0")
    people.cohort.append(provenance=[run])
    assert point_votes(people.say(point("", 1, 2, state=LabelState.PSEUDO, provenance=run.id))) == []


def test_a_target_alone(people):
    cohort = people.say(point("kim", 1, 2), point("kim", 8, 9, target="source-2"))
    assert [vote.target for vote in point_votes(cohort, "source-2")] == ["source-2"]


def test_a_rejected_label_does_not_stand(people):
    said = point("kim", 1, 2)
    gone = replace(said, annotator="rev", review=Review.REJECTED, supersedes=said.label_id)
    (vote,) = point_votes(people.say(said, gone, point("lee", 3, 4)))
    assert [label.annotator for label in standing(vote.current)] == ["lee"]


def test_regions(people):
    people.draw("kim", square(1, 1, 5))
    people.draw("lee", square(2, 1, 5))
    (vote,) = mask_votes(people.cohort)
    assert [label.area for label in vote.own.values()] == [25, 25]
