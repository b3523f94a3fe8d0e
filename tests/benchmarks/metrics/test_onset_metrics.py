"""Six clips by hand: exact, 3 early, 10 late, missed, false alarm, rightly none."""

import math

import pytest
from bleedkit_test_layouts.prediction_tables import table

from bleedkit.benchmarks.metrics.onset_metrics import METRICS
from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.predictions.groups import score
from bleedkit.benchmarks.predictions.onset_rows import onset_rows

BY_NAME = {metric.name: metric for metric in METRICS}
CLIPS = [(120, 120), (117, 120), (100, 90), (None, 60), (30, None), (None, None)]


def scores(pairs):
    """pairs: found and true onset of each clip."""
    rows = [
        {"clip_id": f"c{i}", "onset": found, "true_onset": true, "confidence": 0.5}
        for i, (found, true) in enumerate(pairs)
    ]
    rows = onset_rows(table("onset", rows))
    return {name: score(metric, rows) for name, metric in BY_NAME.items()}


@pytest.mark.parametrize(
    ("name", "right"),
    [("acc_0", 1), ("acc_1", 1), ("acc_2", 1), ("acc_4", 2), ("acc_8", 2), ("acc_16", 3)],
)
def test_a_missed_onset_is_wrong_at_every_tolerance_and_never_dropped(name, right):
    assert scores(CLIPS)[name] == Score(right / 4, 4)  # of the four clips that bleed


@pytest.mark.parametrize(("off", "right"), [(4, 1.0), (-4, 1.0), (5, 0.0), (-5, 0.0)])
def test_the_tolerance_is_inclusive_on_both_sides(off, right):
    assert scores([(100 + off, 100)])["acc_4"] == Score(right, 1)


def test_errors_are_of_onsets_found():
    found = scores(CLIPS)
    assert found["mean_abs_error"].value == pytest.approx((0 + 3 + 10) / 3)
    assert found["mean_signed_error"].value == pytest.approx((0 - 3 + 10) / 3)
    assert found["median_abs_error"] == Score(3.0, 3)
    assert found["mean_abs_error"].n == found["mean_signed_error"].n == 3


def test_early_and_late_cancel_in_the_signed_error_only():
    found = scores([(90, 100), (110, 100)])
    assert found["mean_signed_error"] == Score(0.0, 2)
    assert found["mean_abs_error"] == Score(10.0, 2)


def test_missed_and_false_alarms_are_of_different_clips():
    found = scores(CLIPS)
    assert found["missed"] == Score(1 / 4, 4)
    assert found["false_alarms"] == Score(1 / 2, 2)


def test_the_first_frame_can_be_the_onset():
    found = scores([(0, 0)])
    assert found["acc_0"] == Score(1.0, 1)
    assert found["missed"] == Score(0.0, 1)


def test_where_all_clips_bleed_nothing_is_said_of_false_alarms():
    assert scores([(5, 5)])["false_alarms"] == Score.nothing()


def test_where_none_bleeds_only_false_alarms_are_known():
    found = scores([(5, None), (None, None), (None, None)])
    assert found.pop("false_alarms") == Score(1 / 3, 3)
    assert found.pop("ece") == Score(0.5, 3)  # half sure of what never comes
    assert all(math.isnan(one.value) and one.n == 0 for one in found.values())


def test_a_model_that_says_nothing_has_no_error_but_is_wrong():
    found = scores([(None, 5), (None, 9)])
    assert found["mean_abs_error"] == found["median_abs_error"] == Score.nothing()
    assert found["acc_16"] == Score(0.0, 2)
    assert found["missed"] == Score(1.0, 2)


def test_confidence_is_of_bleeding_not_of_the_frame():
    """Rightly sure of two clips, of the wrong frame in one; half sure of a quiet one; the short clip has none."""
    given = [(5, 5, 1.0), (90, 5, 1.0), (None, None, 0.5), (None, 7, None)]
    rows = [
        {"clip_id": f"c{i}", "onset": found, "true_onset": true, "confidence": confidence}
        for i, (found, true, confidence) in enumerate(given)
    ]
    assert score(BY_NAME["ece"], onset_rows(table("onset", rows))) == Score(0.5 / 3, 3)
