"""Points by hand, in a clip of 620x540 (two pixels of the reference to one) beside one of 1240x1080."""

import math

import pytest
from bleedkit_test_layouts.prediction_tables import seen, table

from bleedkit.benchmarks.metrics.point_metrics import CALIBRATION, METRICS
from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.predictions.groups import score
from bleedkit.benchmarks.predictions.point_rows import point_rows

SMALL = {"clip_id": "small", "width": 620, "height": 540}
ROWS = [
    seen((103, 104), (100, 100), **SMALL, frame=30),  # 5 stored px (3, 4, 5), 10 of the reference
    seen((130, 140), (100, 100), **SMALL, frame=60),  # 50 stored, 100 of the reference
    seen(None, (100, 100), **SMALL, frame=90),  # no answer
    seen((500, 500), None, **SMALL, frame=120),  # not visible in truth: does not count
    seen((100, 100), (100, 100), **SMALL, frame=0, is_query=True),  # given: does not count
    seen((230, 200), (200, 200), clip_id="large", frame=30),  # 30 in both
]


def scores(rows):
    rows = point_rows(table("track", rows))
    return {metric.name: score(metric, rows) for metric in METRICS}


@pytest.mark.parametrize(
    ("name", "right"),
    [
        *[("acc_10", 1), ("acc_25", 1), ("acc_50", 2), ("acc_75", 2), ("acc_100", 3)],  # 10, 100, none, 30
        *[("acc_raw_10", 1), ("acc_raw_25", 1), ("acc_raw_50", 3), ("acc_raw_75", 3), ("acc_raw_100", 3)],  # 5, 50, 30
        # The diagonal is 822.2 and 1644.4 px: 0.6 %, 6.1 %, none, 1.8 %.
        *[("acc_diag_1", 1), ("acc_diag_2", 2), ("acc_diag_5", 2), ("acc_diag_10", 3)],
    ],
)
def test_a_frame_without_an_answer_is_wrong_at_every_distance(name, right):
    assert scores(ROWS)[name] == Score(right / 4, 4)


def test_errors_are_of_answered_frames():
    found = scores(ROWS)
    assert found["mean_error"].value == pytest.approx((10 + 100 + 30) / 3)
    assert found["median_error"] == Score(30.0, 3)
    assert found["mean_error_raw"].value == pytest.approx((5 + 50 + 30) / 3)
    assert found["median_error_raw"] == Score(30.0, 3)
    small, large = math.hypot(620, 540), math.hypot(1240, 1080)
    assert found["mean_error_diag"].value == pytest.approx((5 / small + 50 / small + 30 / large) / 3)
    assert found["median_error_diag"].value == pytest.approx(30 / large)
    assert found["mean_error"].n == found["mean_error_diag"].n == found["mean_error_raw"].n == 3
    assert found["missed"] == Score(1 / 4, 4)


def test_a_distance_equal_to_the_limit_is_within():
    assert scores([seen((110, 100), (100, 100))])["acc_10"] == Score(1.0, 1)
    assert scores([seen((110.25, 100), (100, 100))])["acc_10"] == Score(0.0, 1)


def test_storing_frames_smaller_changes_only_stored_pixels():
    large = scores([seen((240, 320), (200, 200))])
    small = scores([seen((120, 160), (100, 100), width=620, height=540)])
    changed = {name for name in large if large[name] != small[name]}
    assert all("raw" in name for name in changed)
    assert "mean_error_raw" in changed


def test_hidden_and_given_frames_alone_are_nothing():
    assert all(one.n == 0 and math.isnan(one.value) for one in scores(ROWS[3:5]).values())


def test_no_answer_at_all_has_no_error_but_is_wrong():
    found = scores([seen(None, (5, 5)), seen(None, (6, 6), frame=1)])
    assert found["acc_100"] == Score(0.0, 2)
    assert found["missed"] == Score(1.0, 2)
    assert found["mean_error"].n == found["median_error_diag"].n == 0


def test_what_a_model_calls_hidden_is_measured_all_the_same():
    assert scores([seen((7, 5), (5, 5), visible=False)])["mean_error_raw"] == Score(2.0, 1)


def test_confidence_is_that_the_point_lies_within_25_px():
    """Four in the bin of 0.75: within 25 px of the reference once, so off by |4 * 0.75 - 1| of 4."""
    rows = [
        seen((125, 100), (100, 100), confidence=0.75),
        seen((126, 100), (100, 100), confidence=0.75, frame=1),
        seen((120, 100), (100, 100), confidence=0.75, clip_id="small", width=620, height=540),  # 40 of the reference
        seen(None, (100, 100), confidence=0.75, frame=2),
        seen((100, 100), (100, 100), confidence=None, frame=3),  # has none to judge
        seen((100, 100), None, confidence=0.75, frame=4),  # nothing to be near to
    ]
    assert score(CALIBRATION, point_rows(table("source", rows))) == Score(2 / 4, 4)
