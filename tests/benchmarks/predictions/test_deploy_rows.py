import numpy as np
from bleedkit_test_layouts.prediction_tables import seen, table

from bleedkit.benchmarks.predictions.deploy_rows import deploy_rows


def test_onsets_lie_in_the_order_of_the_points_clips():
    """A clip without a known point keeps its onset, and its place among the clips of both."""
    rows = [
        seen((1, 1), (1, 1), clip_id="c", frame=40, onset=30, true_onset=20),
        {**seen(None, None, clip_id="a", onset=5, true_onset=6), "true_visible": None},
        seen((2, 2), (2, 2), clip_id="b", frame=40, onset=None, true_onset=7),
    ]
    found = deploy_rows(table("deploy", rows))
    assert found.onsets.index.clips == found.points.index.clips
    np.testing.assert_array_equal(found.onsets.onset, [5, np.nan, 30])
    np.testing.assert_array_equal(found.points.index.clip, [2, 1])
    np.testing.assert_array_equal(found.bleeding_points.point, [[1, 1], [np.nan, np.nan]])


def test_points_before_the_predicted_onset_are_no_answers():
    rows = [
        seen((frame, frame), (9, 9), clip_id="a", frame=frame, onset=20, true_onset=10) for frame in (5, 10, 19, 20)
    ]
    found = deploy_rows(table("deploy", rows)).bleeding_points
    np.testing.assert_array_equal(found.true_visible, [False, True, True, True])
    np.testing.assert_array_equal(found.visible, [False, False, False, True])
    np.testing.assert_array_equal(np.isnan(found.point[:, 0]), [True, True, True, False])


def test_a_point_s_confidence_is_not_taken_for_the_onset_s():
    found = deploy_rows(table("deploy", [seen((1, 1), (1, 1), confidence=0.75, onset=1, true_onset=1)]))
    assert np.isnan(found.onsets.confidence).all()
    np.testing.assert_array_equal(found.points.confidence, [0.75])
