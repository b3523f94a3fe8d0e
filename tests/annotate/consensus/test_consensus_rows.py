import math
from dataclasses import replace

import numpy as np
import pytest

from bleedkit.annotate.consensus.agreement import consensus_of
from bleedkit.annotate.consensus.consensus_rows import write_consensus
from bleedkit.annotate.consensus.terms import Terms
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.mask_file import read_mask_png
from bleedkit.datasets.schema import LabelState, Review
from bleedkit.datasets.validate import validate_cohort
from bleedkit.pseudolabel.label_noise import LABEL_SD

from .conftest import hidden, onset, point, square

TERMS = Terms(within_px=10 * 1240 / 64)


def pseudo(rows):
    return [row for row in rows if row.state is LabelState.PSEUDO]


def test_a_consensus_stands_beside_peoples_labels(people):
    people.draw("kim", square(10, 10, 6))
    people.draw("lee", square(12, 10, 6))
    cohort = people.say(point("kim", 10, 10), point("lee", 14, 12), onset("kim", 4), onset("lee", 6))
    before = cohort.points(), cohort.masks(), cohort.onsets()
    added = write_consensus(cohort, consensus_of(cohort, "majority", TERMS))
    assert (added["points"], added["masks"], added["onsets"]) == (1, 1, 1)
    (made,) = pseudo(cohort.points())
    assert (made.x, made.y, made.annotator, made.review) == (12, 11, "", Review.UNREVIEWED)
    assert cohort.provenance()[made.provenance].kind == "consensus"
    # One click's usual variance is floored at half a pixel squared; of two people's mean it is half of that, doubted by
    # their scatter of 4 + 4 + 1 + 1 = 10 as (2 + 10 / 0.25) / (2 + 2).
    assert LABEL_SD * 64 / 1240 < 0.5
    assert made.var_x == made.var_y == pytest.approx(0.25 / 2 * (2 + 10 / 0.25) / 4)
    (mask,) = pseudo(cohort.masks())
    np.testing.assert_array_equal(read_mask_png(cohort.mask_path(mask)), square(10, 10, 6) & square(12, 10, 6))
    assert [made.frame for made in pseudo(cohort.onsets())] == [5]
    for kept, now in zip(before, (cohort.points(), cohort.masks(), cohort.onsets()), strict=True):
        assert [row for row in now if row.state is LabelState.HUMAN] == kept
    assert not validate_cohort(cohort).errors


def test_writing_again_adds_nothing(people):
    cohort = people.say(point("kim", 10, 10), point("lee", 14, 12), hidden("kim", frame=1), hidden("lee", frame=1))
    assert write_consensus(cohort, consensus_of(cohort, "mean", TERMS))["points"] == 2
    assert not any(write_consensus(cohort, consensus_of(cohort, "mean", TERMS)).values())


def test_another_rule_replaces_the_earlier_consensus(people):
    cohort = people.say(point("kim", 10, 10), point("lee", 12, 10), point("roy", 17, 10), point("kim", 1, 1, clip="a2"))
    write_consensus(cohort, consensus_of(cohort, "mean", TERMS))
    write_consensus(cohort, consensus_of(cohort, "median", TERMS))
    assert [made.x for made in pseudo(cohort.points())] == [12]
    assert [made.x for made in pseudo(cohort.points(history=True))] == [13, 12]


def test_what_no_longer_holds_is_given_up_and_may_come_back(people):
    cohort = people.say(point("kim", 10, 10), point("lee", 12, 10))
    write_consensus(cohort, consensus_of(cohort, "majority", TERMS))
    moved = replace(cohort.points()[1], x=60.0, supersedes=cohort.points()[1].label_id)
    people.say(moved)
    rows = consensus_of(cohort, "majority", TERMS)
    assert rows.undecided == [("point", ("a1", 0, "source"))]
    write_consensus(cohort, rows)
    assert [made.review for made in pseudo(cohort.points())] == [Review.REJECTED]
    assert not any(write_consensus(cohort, consensus_of(cohort, "majority", TERMS)).values())
    people.say(replace(moved, x=12.0, supersedes=moved.label_id))
    write_consensus(cohort, consensus_of(cohort, "majority", TERMS))
    assert [(made.review, made.x) for made in pseudo(cohort.points())] == [(Review.UNREVIEWED, 11)]


def test_nobody_sees_it_is_a_consensus_too(people):
    cohort = people.say(hidden("kim"), hidden("lee"))
    write_consensus(cohort, consensus_of(cohort, "majority", TERMS))
    (made,) = pseudo(cohort.points())
    assert not made.visible
    assert math.isnan(made.x)
    assert math.isnan(made.var_x)


def test_one_person_alone_is_no_consensus(people):
    rows = consensus_of(people.say(point("kim", 1, 1)), "majority", TERMS)
    assert (rows.points, rows.undecided) == ([], [])


def test_two_teams_must_be_stated_where_there_are_more_than_two_people(people):
    cohort = people.say(point("kim", 10, 10), point("lee", 12, 10), point("roy", 14, 10))
    with pytest.raises(BleedkitError, match="annotators: kim, lee, roy"):
        consensus_of(cohort, "two_teams", TERMS)
    with pytest.raises(BleedkitError, match="no annotator is called sun"):
        consensus_of(cohort, "two_teams", replace(TERMS, teams=(frozenset({"kim", "lee"}), frozenset({"sun"}))))
    rows = consensus_of(cohort, "two_teams", replace(TERMS, teams=(frozenset({"kim", "lee"}), frozenset({"roy"}))))
    assert [made.x for made in rows.points] == [12.5]  # (11 + 14) / 2
