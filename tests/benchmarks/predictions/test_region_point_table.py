"""From a table to rows: what each frame's masks have in common, and what a missing one counts as."""

import os

import numpy as np
import pyarrow as pa
import pytest
from bleedkit_test_layouts.prediction_tables import table
from bleedkit_test_layouts.region_tables import EMPTY, point, rectangle, region

from bleedkit.benchmarks.predictions import region_point_table
from bleedkit.benchmarks.predictions.region_point_table import region_point_rows
from bleedkit.datasets.errors import BleedkitError

SQUARE = {"width": 512, "height": 512}
SMALL, SHIFTED = rectangle(10, 10, 20, 20), rectangle(15, 10, 25, 20)


def rows_of(*rows):
    return region_point_rows(table("region-point", [{"frame": i, **SQUARE, **row} for i, row in enumerate(rows)]))


def test_every_kind_of_pair():
    rows = rows_of(
        region(SHIFTED, SMALL),  # 5 of 10 columns in common
        region(EMPTY, EMPTY),
        region(SMALL, EMPTY),
        region(EMPTY, SMALL),
        region(None, SMALL),  # owed
        region(None, EMPTY),  # owed, though there is nothing to draw
        region(SMALL, None),  # nobody looked
    )
    assert rows.both.tolist() == [50, 0, 0, 0, 0, 0, 0]
    assert rows.area.tolist() == [100, 0, 100, 0, 0, 0, 0]
    assert rows.true_area.tolist() == [100, 0, 0, 100, 100, 0, 0]
    assert rows.region_known.tolist() == [True] * 6 + [False]
    assert rows.region_answered.tolist() == [True] * 4 + [False] * 3
    assert np.isnan(rows.hausdorff_95).tolist() == [False] + [True] * 6
    np.testing.assert_array_equal(rows.boundary_f[1:], [1, 0, 0, 0, 0, np.nan])


def test_distances_are_in_pixels_of_the_stored_frame():
    # 5 columns of 1024 / 512 = 2 px: the edge's outermost column (10 of 36 pixels, more than 5 %) is 5 columns off.
    (found,) = rows_of({**region(SHIFTED, SMALL), "width": 1024}).hausdorff_95
    assert found == 10.0


def test_a_model_without_regions_has_none_to_score():
    rows = rows_of(region(None, SMALL), region(None, EMPTY))
    assert not rows.region_known.any()
    assert np.isnan(rows.boundary_f).all()


def test_points_and_confidence_are_taken_over():
    rows = rows_of(point((3, 4), (5, 6), confidence=0.75), point(None, None), {"x": 1.0, "y": 2.0}, point(None, (7, 8)))
    np.testing.assert_array_equal(rows.point, [[3, 4], [np.nan] * 2, [1, 2], [np.nan] * 2])
    np.testing.assert_array_equal(rows.true_point, [[5, 6], [np.nan] * 2, [np.nan] * 2, [7, 8]])
    np.testing.assert_array_equal(rows.confidence, [0.75, np.nan, np.nan, np.nan])
    assert rows.point_known.tolist() == [True, True, False, True]
    assert rows.true_visible.tolist() == [True, False, False, True]


def test_a_broken_mask_is_named():
    bad = {**region(SMALL, SMALL), "mask": b"0123"}
    with pytest.raises(BleedkitError, match="predictions of a frame 2: mask is not the run lengths"):
        rows_of(region(SMALL, SMALL), region(None, SMALL), bad)
    with pytest.raises(BleedkitError, match="frame 0: true_mask is not"):
        rows_of({**region(SMALL, SMALL), "true_mask": b""})


def many(n, rng):
    corners = rng.integers(0, 400, (n, 2, 2))
    masks = [[rectangle(x, y, x + 40, y + 30) for x, y in pair] for pair in corners]
    return table("region-point", [{"frame": i, **region(*pair)} for i, pair in enumerate(masks)])


def test_chunks_threads_and_order_change_nothing(monkeypatch):
    rng = np.random.default_rng(5)
    frames = many(130, rng)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    whole = region_point_rows(frames)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    monkeypatch.setattr(region_point_table, "CHUNK", 7)
    order = rng.permutation(130)
    parts = region_point_rows(frames.take(pa.array(order)))
    for name in ("both", "area", "true_area", "hausdorff_95", "boundary_f"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name)[order])


def test_no_rows():
    assert len(rows_of().index) == 0
