"""Three chains by hand: late, early, and one that sees no onset."""

import pytest
from bleedkit_test_layouts.prediction_tables import seen, table

from bleedkit.benchmarks.metrics.deploy_metrics import METRICS
from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.predictions.deploy_rows import deploy_rows
from bleedkit.benchmarks.predictions.groups import score

LATE = {"clip_id": "late", "true_onset": 30, "onset": 50}
EARLY = {"clip_id": "early", "true_onset": 60, "onset": 30}
NONE = {"clip_id": "none", "true_onset": 10, "onset": None}
ROWS = [
    seen((500, 500), (100, 100), frame=20, **LATE),  # before the true onset: does not count
    seen((100, 100), (100, 100), frame=30, **LATE),  # before the predicted one: missed, whatever the table says
    seen((104, 103), (100, 100), frame=60, **LATE),  # 5 px off
    seen((130, 100), (100, 100), frame=90, **LATE),  # 30 px off
    seen((500, 500), None, frame=45, **EARLY),  # before the true onset
    seen((200, 200), (200, 200), frame=60, **EARLY),  # exact, in the first bleeding frame itself
    seen((9, 9), (9, 9), frame=40, **NONE),  # a chain without an onset has no points
]


def scores(rows):
    rows = deploy_rows(table("deploy", rows))
    return {metric.name: score(metric, rows) for metric in METRICS}


def test_points_count_from_the_true_onset_and_exist_from_the_predicted_one():
    found = scores(ROWS)
    assert found["missed"] == Score(2 / 5, 5)
    assert found["acc_10"] == Score(2 / 5, 5)
    assert found["acc_50"] == Score(3 / 5, 5)
    assert found["mean_error"].value == pytest.approx((5 + 30 + 0) / 3)
    assert found["median_error"] == Score(5.0, 3)


def test_onsets_are_of_clips_however_many_frames_they_have():
    found = scores(ROWS)
    assert found["onset_acc_16"] == Score(0.0, 3)  # 20 late, 30 early, none
    assert found["onset_mean_abs_error"] == Score((20 + 30) / 2, 2)
    assert found["onset_mean_signed_error"] == Score((20 - 30) / 2, 2)
    assert found["onset_missed"] == Score(1 / 3, 3)


def test_early_is_the_share_of_quiet_frames_held_to_bleed():
    # Of 30 + 60 + 10 frames before the onsets, 30 of the early chain.
    assert scores(ROWS)["early"] == Score(30 / 100, 3)


def test_bleeding_from_the_first_frame_on_cannot_be_early():
    row = seen((1, 1), (1, 1), clip_id="a", true_onset=0, onset=0)
    assert scores([row])["early"] == Score.nothing()


def test_onset_figures_are_those_of_the_onset_protocol_under_names_of_their_own():
    bands = {metric.name: (metric.band, metric.part) for metric in METRICS}
    assert bands["onset_acc_8"] == ("onset_acc", "onsets")
    assert bands["acc_50"] == ("acc", "points")
