import numpy as np
import pytest
from bleedkit_test_layouts.prediction_tables import seen, table

from bleedkit.benchmarks.predictions.point_rows import point_rows


def test_rows_are_read_as_they_stand():
    rows = [seen((1.5, 2), (3, 4), frame=8, is_query=True), seen(None, None, frame=2, confidence=None)]
    found = point_rows(table("track", rows))
    np.testing.assert_array_equal(found.index.frame, [8, 2])
    np.testing.assert_array_equal(found.point, [[1.5, 2], [np.nan, np.nan]])
    np.testing.assert_array_equal(found.true_point, [[3, 4], [np.nan, np.nan]])
    np.testing.assert_array_equal(found.visible, [True, False])
    np.testing.assert_array_equal(found.true_visible, [True, False])
    np.testing.assert_array_equal(found.is_query, [True, False])
    np.testing.assert_array_equal(found.confidence, [0.5, np.nan])


def test_a_frame_that_nobody_looked_at_is_left_out_but_its_clip_stays_known():
    rows = [{**seen((2, 2), None, clip_id="a"), "true_visible": None}, seen((1, 1), (1, 1), clip_id="b", frame=9)]
    found = point_rows(table("source", rows))
    assert [clip.clip_id for clip in found.index.clips] == ["a", "b"]
    np.testing.assert_array_equal(found.index.clip, [1])
    np.testing.assert_array_equal(found.index.frame, [9])
    np.testing.assert_array_equal(found.point, [[1, 1]])


def test_a_visible_truth_has_a_place():
    with pytest.raises(ValueError, match="visible true point"):
        point_rows(table("source", [seen((1, 1), None, true_visible=True)]))


def test_an_empty_table_has_no_rows():
    assert len(point_rows(table("track", [])).index) == 0
