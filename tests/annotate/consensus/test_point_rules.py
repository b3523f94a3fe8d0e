from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.annotate.consensus.point_rules import expert, majority, mean, median, surgblood, two_teams
from bleedkit.annotate.consensus.rules import RULES
from bleedkit.annotate.consensus.terms import Terms
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import Review
from bleedkit.pseudolabel.label_noise import Consensus, consensus

from .conftest import hidden, onset, point

TEAMS = {"a": "one", "b": "one", "c": "two", "d": "two"}


def team_of(name):
    return TEAMS.get(name, "")


def reviewed(label, review=Review.ACCEPTED):
    return replace(label, review=review)


def test_mean_is_the_engines_own_consensus():
    said = [point("a", 1, 2), point("b", 3, 6), hidden("c")]
    assert mean(said) == consensus(said) == Consensus((2.0, 4.0), 2, 10.0)


def test_median_leaves_one_stray_click_out():
    assert median([point("a", 10, 10), point("b", 12, 11), point("c", 90, 0)]).xy == (12, 10)
    assert median([point("a", 10, 10), hidden("b"), hidden("c")]) == Consensus(None)
    assert median([]) is None


def test_majority_is_more_than_half_near_one_another():
    near = [point("a", 10, 10), point("b", 14, 10)]
    assert majority(near, 5).xy == (12, 10)
    assert majority([*near, point("c", 60, 10)], 5).xy == (12, 10)
    assert majority([*near, point("c", 60, 10), point("d", 60, 40)], 5) is None  # half is no majority
    assert majority([*near, hidden("c")], 5).xy == (12, 10)
    assert majority([near[0], hidden("b")], 5) is None
    assert majority([near[0], hidden("b"), hidden("c")], 5) == Consensus(None)
    assert majority([point("a", 10, 10)], 5).xy == (10, 10)
    assert majority([], 5) is None


def test_majority_takes_the_tighter_of_two_groups():
    # Three in a row, 4 and 3 px apart: all are within 5 of b, so they are one group.
    assert majority([point("a", 0, 0), point("b", 4, 0), point("c", 7, 0)], 5).xy == (11 / 3, 0)
    # Within 3 of b are a and c, of c are b and d, who are farther apart.
    four = [point("a", 0, 0), point("b", 2, 0), point("c", 4, 0), point("d", 7, 0)]
    assert majority(four, 3).xy == (2, 0)


def test_two_teams_that_agree_count_the_same_however_many_they_are():
    # Team one's mean is (11, 10), team two's, one person, (13, 10).
    said = [point("a", 10, 10), point("b", 12, 10), point("c", 13, 10)]
    assert two_teams(said, 5, team_of).xy == (12, 10)
    assert two_teams([hidden("a"), hidden("c")], 5, team_of) == Consensus(None)


def test_two_teams_that_disagree_are_outvoted_or_left_to_an_expert():
    apart = [point("a", 10, 10), point("b", 40, 10), point("c", 11, 10), point("d", 9, 10)]
    assert two_teams(apart, 5, team_of).xy == (10, 10)  # team one's mean is 25; three of four people agree
    even = [point("a", 10, 10), point("b", 10, 10), point("c", 40, 10), point("d", 40, 10)]
    assert two_teams(even, 5, team_of) is None
    assert two_teams([*even[:3], reviewed(even[3])], 5, team_of).xy == (40, 10)


def test_one_team_alone_and_strangers_decide_nothing():
    assert two_teams([point("a", 1, 1), point("b", 1, 1)], 5, team_of) is None
    assert two_teams([point("a", 1, 1), point("x", 1, 1)], 5, team_of) is None


def test_expert_is_the_reviewers_word_alone():
    said = [point("a", 1, 1), point("b", 3, 3)]
    assert expert(said) is None
    assert expert([*said, reviewed(point("rev", 9, 8), Review.CORRECTED)]).xy == (9, 8)
    assert expert([*said, reviewed(point("rev", 9, 8), Review.REJECTED)]) is None


def test_surgblood_is_the_mean_of_reviewers_who_agree():
    said = [point(name, 1, 1) for name in "abcd"]
    first, second = reviewed(point("r1", 10, 10)), reviewed(point("r2", 14, 10), Review.CORRECTED)
    assert surgblood(said, 5) is None
    assert surgblood([*said, first], 5).xy == (10, 10)
    assert surgblood([*said, first, second], 5).xy == (12, 10)
    assert surgblood([*said, first, second], 3) is None
    assert surgblood([*said, first, reviewed(hidden("r2"))], 5) is None
    assert surgblood([*said, reviewed(hidden("r2"))], 5) == Consensus(None)


@pytest.mark.parametrize("name", ["mean", "median", "majority", "two_teams", "expert"])
def test_a_reviewed_label_stands_alone_in_every_rule(name):
    said = [point("a", 1, 1), point("b", 2, 1), point("c", 1, 2), reviewed(point("rev", 30, 20))]
    found = RULES[name].point(said, Terms(teams=(frozenset("ab"), frozenset("c"))), 1240)
    assert found == Consensus((30.0, 20.0))


def test_onsets_go_by_the_same_rules():
    def decided(rule, *frames, fps=10.0):
        said = [onset(name, frame) for name, frame in zip("abcde", frames, strict=False)]
        return RULES[rule].onset(said, Terms(within_s=0.5), fps)

    assert decided("mean", 10, 13) == 12  # 11.5 counts as the later
    assert decided("median", 10, 11, 90) == 11
    assert decided("majority", 10, 14, 90) == 12  # 5 frames are half a second
    assert decided("majority", 10, 16, 90) is None
    assert decided("majority", -1, -1, 90) == -1
    assert decided("mean", -1, 12) == 12  # a tie says yes
    assert decided("two_teams", 10, 14) == 12  # two people are two teams
    assert decided("staple", 10, 10) is None


said_by = st.one_of(st.none(), st.tuples(st.integers(0, 40), st.integers(0, 40)))


@given(st.lists(said_by, min_size=1, max_size=5).flatmap(lambda xs: st.tuples(st.just(xs), st.permutations(xs))))
@pytest.mark.parametrize("name", ["mean", "median", "majority"])
def test_who_says_it_and_in_which_order_does_not_matter(name, pair):
    def decided(places):
        said = [hidden(who) if xy is None else point(who, *xy) for who, xy in zip("abcde", places, strict=False)]
        return RULES[name].point(said, Terms(within_px=10), 1240)

    one, other = decided(pair[0]), decided(pair[1])
    assert (one is None) == (other is None)
    if one is not None:
        assert one.xy == (None if other.xy is None else pytest.approx(other.xy))
        assert one.votes == other.votes


def test_terms_refuse_teams_that_are_none():
    with pytest.raises(BleedkitError, match="two teams are wanted, got 1"):
        Terms(teams=(frozenset("a"),))
    with pytest.raises(BleedkitError, match="in both"):
        Terms(teams=(frozenset("ab"), frozenset("b")))
    with pytest.raises(ValueError, match="0 or more"):
        Terms(within_px=-1)


def test_limits_shrink_with_the_picture():
    assert Terms(within_px=25).within(1240) == 25
    assert Terms(within_px=25).within(620) == 12.5
