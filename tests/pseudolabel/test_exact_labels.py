"""Exact labels: where the target really is, in the same segment."""

import numpy as np

from bleedkit.pseudolabel.exact_labels import EXACT_SD, with_exact_labels
from bleedkit.pseudolabel.known_truth import TargetTruth
from bleedkit.pseudolabel.segments import Anchor, Segment

TRUTH = TargetTruth(np.array([[1.5, 2.0], [3.0, 4.0], [5.0, 6.25]]), np.array([True, True, False]))


def test_visible_anchors_move_to_the_truth_in_sight_or_not():
    segment = Segment(
        "c", "source", (0, 1, 2), Anchor(0, (9.0, 9.0), 2, 3.5), Anchor(2, (8.0, 8.0)), label_variance=4.0
    )
    exact = with_exact_labels(segment, TRUTH)
    assert (exact.before, exact.after) == (Anchor(0, (1.5, 2.0)), Anchor(2, (5.0, 6.25)))
    assert exact.frames == segment.frames
    assert exact.label_variance == EXACT_SD**2


def test_a_label_that_says_not_visible_still_does():
    segment = Segment("c", "source", (0, 1, 2), Anchor(0, None), None)
    exact = with_exact_labels(segment, TRUTH)
    assert (exact.before, exact.after) == (Anchor(0, None), None)
