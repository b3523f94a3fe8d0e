import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bleedkit.annotate.consensus.point_agreement import point_agreement
from bleedkit.annotate.consensus.votes import Votes, point_votes
from bleedkit.datasets.schema import Clip, ImageSize

from .conftest import hidden, point


def test_distances_by_hand(people):
    # Differences (3, 4), (0, 10) and (0, 0): 5, 10 and 0 px of a diagonal of 80; the fourth frame only kim sees.
    cohort = people.say(
        *(point("kim", 13, 14), point("lee", 10, 10)),
        *(point("kim", 20, 30, frame=1), point("lee", 20, 20, frame=1)),
        *(point("kim", 5, 5, clip="b1"), point("lee", 5, 5, clip="b1")),
        *(point("kim", 5, 5, frame=3), hidden("lee", frame=3)),
        point("kim", 50, 40, frame=4),
    )
    found = point_agreement(point_votes(cohort), cohort.clips)
    assert found.annotators == ("kim", "lee")
    assert (found.places, len(found.pairs)) == (4, 4)
    assert (found.median_px.value, found.median_px.n, found.median_px.patients) == (5, 3, 2)
    assert found.p90_px.value == pytest.approx(9)  # 0.9 of the way over 0, 5, 10
    assert {limit: one.value for limit, one in found.within_px.items()} == {10: 1, 25: 1, 50: 1}
    assert found.median_diagonal.value == 5 / 80
    assert {limit: one.value for limit, one in found.within_diagonal.items()} == {0.01: 1 / 3, 0.02: 1 / 3, 0.05: 1 / 3}
    assert found.same_visibility.value == 3 / 4
    (couple,) = found.couples
    assert (couple.pairs, couple.both_visible) == (4, 3)
    assert couple.offset["x"].bias == pytest.approx((3 + 0 + 0) / 3)
    assert couple.offset["y"].bias == pytest.approx((4 + 10 + 0) / 3)
    assert found.axes["x"].icc.n == 3
    # Visibility: votes 11 11 11 10. Observed 2 / 8; expected 2 * 7 * 1 / (8 * 7).
    assert found.visibility_alpha == pytest.approx(1 - (2 / 8) / (2 * 7 / (8 * 7)))


def test_teams_who_never_met_are_compared_within(people):
    cohort = people.say(point("a", 1, 1), point("b", 4, 5), point("c", 9, 9, frame=1), point("d", 9, 9, frame=1))
    found = point_agreement(point_votes(cohort), cohort.clips)
    assert [(one.a, one.b, one.pairs) for one in found.couples if one.pairs] == [("a", "b", 1), ("c", "d", 1)]
    assert np.isnan(found.axes["x"].icc.agreement)
    assert found.median_px.value == 2.5


def test_nobody_in_common_is_none(people):
    cohort = people.say(point("a", 1, 1), point("b", 4, 5, frame=1))
    assert point_agreement(point_votes(cohort), cohort.clips) is None


def test_nobody_sees_it(people):
    cohort = people.say(hidden("a"), hidden("b"))
    found = point_agreement(point_votes(cohort), cohort.clips)
    assert found.same_visibility.value == 1
    assert found.median_px.n == 0
    assert np.isnan(found.couples[0].median_px)


places = st.lists(st.tuples(*[st.one_of(st.none(), st.tuples(st.integers(0, 63), st.integers(0, 47)))] * 3), min_size=1)


@settings(max_examples=30)
@given(places, st.permutations(["kim", "lee", "roy"]))
def test_who_is_called_what_changes_nothing(said, names):
    clips = {"c": Clip("c", "p", "p", 10, ImageSize(64, 48), 100)}

    def measured(people):
        votes = []
        for frame, row in enumerate(said):
            labels = {
                name: hidden(name, frame=frame, clip="c") if xy is None else point(name, *xy, frame=frame, clip="c")
                for name, xy in zip(people, row, strict=True)
            }
            votes.append(Votes("c", frame, "source", dict(sorted(labels.items())), tuple(labels.values())))
        found = point_agreement(votes, clips)
        values = [found.median_px.value, found.p90_px.value, found.same_visibility.value, found.visibility_alpha]
        for axis in found.axes.values():
            values += [axis.icc.agreement, axis.icc.consistency, axis.alpha]
        return np.array(values)

    np.testing.assert_allclose(measured(["kim", "lee", "roy"]), measured(names), rtol=1e-9, atol=1e-9)
