"""What several people say together, and how far apart they are."""

import pytest

from bleedkit.datasets.schema import LabelState, PointLabel, Review
from bleedkit.pseudolabel.label_noise import LABEL_SD, Consensus, consensus, label_doubt, label_sd, label_variance


def said(annotator, x=0.0, y=0.0, *, frame=0, **more):
    xy = {"x": x, "y": y} if more.get("visible", True) else {}
    return PointLabel(clip_id="c", frame=frame, annotator=annotator, **xy, **more)


def test_people_are_averaged_and_a_person_counts_once_with_the_latest_word():
    # Each is (1, 2) off their mean: scatter 2 * (1 + 4).
    assert consensus([said("a", 1, 2), said("b", 3, 6)]) == Consensus((2.0, 4.0), 2, 10.0)
    assert consensus([said("a", 9, 9), said("b", 3, 6), said("a", 1, 2)]) == Consensus((2.0, 4.0), 2, 10.0)


def test_the_majority_says_whether_it_is_visible_and_a_tie_says_yes():
    gone = [said(name, visible=False) for name in "bc"]
    assert consensus([said("a", 1, 2), *gone]) == Consensus(None)
    assert consensus([said("a", 1, 2), gone[0]]) == Consensus((1.0, 2.0), 1)


def test_a_reviewed_label_stands_alone_and_rejected_or_derived_ones_say_nothing():
    right = said("b", 3, 6, review=Review.CORRECTED)
    assert consensus([said("a", 1, 2), right]) == Consensus((3.0, 6.0), 1)
    assert consensus([said("a", 1, 2, review=Review.REJECTED)]) is None
    assert consensus([said("a", 1, 2, state=LabelState.PSEUDO, provenance="run")]) is None


def test_the_spread_is_that_of_differences_over_the_root_of_two():
    # Ten differences of 4 and 0 by turns, median 2: 1.4826 * 2 / sqrt(2), at twice the reference width half that.
    pairs = [p for f in range(5) for p in (said("a", 4, 7, frame=f), said("b", 0, 7, frame=f))]
    assert label_sd(pairs, {"c": 1240}) == pytest.approx(1.4826 * 2 / 2**0.5)
    assert label_sd(pairs, {"c": 2480}) == pytest.approx(1.4826 * 1 / 2**0.5)


def test_one_person_or_too_few_labels_leave_the_assumption():
    assert label_sd([said("a", f, 0, frame=f) for f in range(50)], {"c": 1240}) == LABEL_SD
    assert label_sd([said("a", 1, 1), said("b", 9, 9)], {"c": 1240}) == LABEL_SD


def test_a_mean_of_two_has_half_the_variance_and_nobody_is_surer_than_half_a_pixel():
    assert label_variance(3.0, 1240, [1, 2]) == 9.0
    assert label_variance(3.0, 1240, [2, 2]) == 4.5
    assert label_variance(3.0, 124, [1]) == 0.25


def test_people_who_are_far_apart_are_doubted_and_nobody_is_surer_than_usual():
    # sd 2: usual variance 4. Scatter 200 is 50 of it, on the two coordinates of a difference: (2 + 50) / (2 + 2).
    assert label_doubt(Consensus((0.0, 0.0), 2, 200.0), 2.0, 1240) == pytest.approx(13)
    assert label_doubt(Consensus((0.0, 0.0), 2, 0.5), 2.0, 1240) == 1
    assert label_doubt(Consensus((0.0, 0.0), 1), 2.0, 1240) == 1
