"""Errors of every way against what is known, on segments small enough to work out by hand."""

import numpy as np
import pytest

from bleedkit.pseudolabel.accuracy import (
    ENGINE,
    LINEAR,
    Reference,
    Way,
    from_labels,
    from_truth,
    hold_still,
    joined,
    linear,
    score_segment,
)
from bleedkit.pseudolabel.dense_track import DenseTrack
from bleedkit.pseudolabel.known_truth import TargetTruth
from bleedkit.pseudolabel.segments import Anchor, Segment

SEGMENT = Segment("c", "source", (0, 1, 2, 3, 4), Anchor(0, (0.0, 0.0)), Anchor(4, (8.0, 4.0)))


def dense(xy, *, variance=1.0, reasons=None) -> DenseTrack:
    xy = np.array(xy, float)
    n = len(xy)
    covariance = variance * np.tile(np.eye(2), (n, 1, 1))
    return DenseTrack(SEGMENT.inner, xy, covariance, np.ones(n, bool), np.ones(n), tuple(reasons or [""] * n), xy, xy)


def test_the_simple_ways_go_by_the_labels_alone():
    np.testing.assert_array_equal(linear(SEGMENT).xy, [[2, 1], [4, 2], [6, 3]])
    np.testing.assert_array_equal(hold_still(SEGMENT).xy, [[0, 0]] * 3)
    only_after = Segment("c", "source", (1, 2, 4), None, Anchor(4, (8.0, 4.0)))
    for way in (linear, hold_still):
        np.testing.assert_array_equal(way(only_after).xy, [[8, 4]] * 2)
    unseen = Segment("c", "source", (0, 1, 4), Anchor(0, None), Anchor(4, None))
    for way in (linear, hold_still):
        assert np.isnan(way(unseen).xy).all()


def test_distances_are_taken_where_the_reference_is_known():
    truth = TargetTruth(np.array([[0, 0], [2, 1], [4, 2], [6, 3], [8, 4]], float), np.array([1, 1, 0, 1, 1], bool))
    answer = dense([[5, 5], [4, 2], [6, 3]], variance=4.0, reasons=["uncertain", "", ""])
    scored = score_segment(SEGMENT, answer, {LINEAR: linear(SEGMENT)}, from_truth(SEGMENT, truth), width=620)
    assert scored.frame.tolist() == [1, 3]
    assert scored.distance[ENGINE].tolist() == [5, 0]  # (5, 5) - (2, 1) = (3, 4)
    assert scored.squared[ENGINE].tolist() == [25 / 4, 0]
    assert scored.distance[LINEAR].tolist() == [0, 0]
    assert np.isnan(scored.squared[LINEAR]).all()
    assert scored.kept.tolist() == [False, True]
    assert scored.reason.tolist() == ["uncertain", ""]
    assert scored.gap.tolist() == [4, 4]
    assert scored.position.tolist() == [1 / 4, 3 / 4]


def test_a_hidden_label_counts_with_its_own_variance_and_one_not_visible_does_not():
    labels = {2: Anchor(2, (4.0, 5.0)), 3: Anchor(3, None)}
    reference = from_labels(SEGMENT, labels, 5.0)
    scored = score_segment(SEGMENT, dense([[0, 0], [4, 2], [0, 0]], variance=4.0), {}, reference, width=1240)
    assert scored.frame.tolist() == [2]
    assert scored.distance[ENGINE].tolist() == [3]
    assert scored.squared[ENGINE].tolist() == [pytest.approx(9 / (4 + 5))]


def test_truth_itself_scores_best():
    truth = TargetTruth(np.random.default_rng(0).normal(size=(5, 2)), np.ones(5, bool))
    reference = from_truth(SEGMENT, truth)
    scored = score_segment(SEGMENT, dense(truth.xy[1:4]), {"off": Way(truth.xy[1:4] + 1)}, reference, width=1240)
    assert scored.distance[ENGINE].tolist() == [0, 0, 0]
    assert scored.squared[ENGINE].tolist() == [0, 0, 0]
    assert (scored.distance["off"] > 1).all()


def test_parts_are_joined_in_order_and_masked_together():
    reference = Reference(np.zeros((3, 2)), np.ones(3, bool))
    parts = [score_segment(SEGMENT, dense(np.full((3, 2), v)), {}, reference, width=1240) for v in (3.0, 4.0)]
    both = joined(parts)
    assert len(both) == 6
    late = both.where(both.distance[ENGINE] > 5)
    assert late.frame.tolist() == [1, 2, 3]
    assert late.distance[ENGINE].tolist() == pytest.approx([np.hypot(4, 4)] * 3)


def test_no_answer_is_nan_and_not_zero():
    nothing = DenseTrack(
        SEGMENT.inner, np.full((3, 2), np.nan), np.full((3, 2, 2), np.nan), np.zeros(3, bool), np.zeros(3),
        ("lost",) * 3, np.full((3, 2), np.nan), np.full((3, 2), np.nan),
    )  # fmt: skip
    scored = score_segment(SEGMENT, nothing, {}, Reference(np.zeros((3, 2)), np.ones(3, bool)), width=1240)
    assert np.isnan(scored.distance[ENGINE]).all()
    assert np.isnan(scored.squared[ENGINE]).all()
