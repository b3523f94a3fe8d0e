import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.annotate.consensus.region_distance import dice
from bleedkit.annotate.consensus.region_rules import Drawn, expert, majority, mean, median, staple, surgblood, two_teams
from bleedkit.datasets.mask_store import MaskFile
from bleedkit.datasets.schema import MaskLabel, Review

from .conftest import square

NOTHING = square(0, 0, 0)


def drawn(name, mask, review=Review.UNREVIEWED):
    file = MaskFile.of(mask)
    label = MaskLabel(
        clip_id="c", frame=0, path=file.path, digest=file.digest, area=file.area, annotator=name, review=review
    )
    return Drawn(label, mask)


def team_of(name):
    return {"a": "one", "b": "one", "c": "two", "d": "two"}.get(name, "")


def test_majority_is_the_pixels_of_more_than_half():
    masks = [square(10, 10, 6), square(12, 10, 6), square(14, 10, 6)]
    found = majority([drawn(name, mask) for name, mask in zip("abc", masks, strict=True)])
    np.testing.assert_array_equal(found, np.sum(masks, axis=0) >= 2)
    two = majority([drawn("a", masks[0]), drawn("b", masks[1])])
    np.testing.assert_array_equal(two, masks[0] & masks[1])


def test_majority_of_nothing_and_of_halves():
    region = drawn("a", square(10, 10, 6))
    assert majority([region, drawn("b", NOTHING)]) is None
    assert not majority([region, drawn("b", NOTHING), drawn("c", NOTHING)]).any()
    assert majority([region, drawn("b", square(30, 30, 6))]) is None  # both see blood, nowhere the same
    assert majority([]) is None


@pytest.mark.parametrize("rule", [mean, median])
def test_the_outline_midway(rule):
    # Between a square of side 6 and one 2 wider on each side lies the one 1 wider on each side, but for its corners.
    found = rule([drawn("a", square(20, 20, 6)), drawn("b", square(18, 18, 10))])
    between = square(19, 19, 8)
    assert found[21:25, 18:28].tolist() == between[21:25, 18:28].tolist()
    assert found[18:28, 21:25].tolist() == between[18:28, 21:25].tolist()
    assert found.sum() >= between.sum() - 4


def test_the_median_of_three_is_their_majority():
    masks = [square(10, 10, 6), square(12, 11, 7), square(13, 9, 9)]
    people = [drawn(name, mask) for name, mask in zip("abc", masks, strict=True)]
    np.testing.assert_array_equal(median(people), majority(people))


@pytest.mark.parametrize("rule", [mean, median])
def test_too_far_apart_for_anything_between(rule):
    assert rule([drawn("a", square(0, 0, 4)), drawn("b", square(50, 40, 4))]) is None
    assert not rule([drawn("a", square(0, 0, 4)), drawn("b", NOTHING), drawn("c", NOTHING)]).any()


def test_staple_asks_those_who_drew():
    region = square(10, 10, 8)
    people = [drawn("a", region), drawn("b", region), drawn("c", square(11, 10, 8)), drawn("d", NOTHING)]
    np.testing.assert_array_equal(staple(people), region)
    assert not staple([drawn("a", region), drawn("b", NOTHING), drawn("c", NOTHING)]).any()
    assert staple([drawn("a", region), drawn("b", NOTHING)]) is None


def test_two_teams_must_overlap():
    one, two = square(20, 20, 8), square(22, 20, 8)  # Dice 6 / 8
    people = [drawn("a", one), drawn("b", one), drawn("c", two)]
    found = two_teams(people, 0.7, team_of)
    assert dice(found, square(21, 20, 8)) > 0.9
    assert two_teams(people, 0.8, team_of) is None
    assert two_teams(people[:2], 0.7, team_of) is None
    assert two_teams([people[0], drawn("c", NOTHING)], 0.0, team_of) is None
    assert not two_teams([drawn("a", NOTHING), drawn("c", NOTHING)], 0.7, team_of).any()


def test_experts_and_reviewers():
    people = [drawn("a", square(1, 1, 5)), drawn("b", square(2, 1, 5))]
    first = drawn("r1", square(20, 20, 8), Review.CORRECTED)
    second = drawn("r2", square(22, 20, 8), Review.ACCEPTED)
    assert expert(people) is None
    assert surgblood(people, 0.7) is None
    np.testing.assert_array_equal(expert([*people, first]), first.mask)
    np.testing.assert_array_equal(surgblood([*people, first], 0.7), first.mask)
    assert dice(surgblood([*people, first, second], 0.7), square(21, 20, 8)) > 0.9
    assert surgblood([*people, first, second], 0.8) is None
    for rule in (mean, median, majority, staple):
        np.testing.assert_array_equal(rule([*people, first]), first.mask)


corner = st.tuples(st.integers(0, 50), st.integers(0, 35), st.integers(0, 12))


@given(st.lists(corner, min_size=1, max_size=4).flatmap(lambda xs: st.tuples(st.just(xs), st.permutations(xs))))
@pytest.mark.parametrize("rule", [mean, median, majority])
def test_who_draws_and_in_which_order_does_not_matter(rule, pair):
    one, other = (rule([drawn(who, square(*at)) for who, at in zip("abcd", places, strict=False)]) for places in pair)
    assert (one is None) == (other is None)
    if one is not None:
        np.testing.assert_array_equal(one, other)


@given(corner)
def test_people_who_draw_the_same_get_it_back(at):
    people = [drawn(name, square(*at)) for name in "abc"]
    for rule in (mean, median, majority, staple):
        np.testing.assert_array_equal(rule(people), square(*at))
