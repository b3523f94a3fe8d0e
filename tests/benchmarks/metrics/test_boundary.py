"""Means of the frames' edge figures by hand; the figures themselves are tested beside region_distance."""

import math

import numpy as np
import pytest
import torch
from bleedkit_test_layouts.prediction_tables import table
from bleedkit_test_layouts.region_tables import EMPTY, blob, rectangle, region
from monai.metrics import HausdorffDistanceMetric

from bleedkit.benchmarks.metrics.boundary import METRICS
from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.predictions.groups import score
from bleedkit.benchmarks.predictions.region_point_table import region_point_rows

DOT, FOUR_RIGHT, FAR = rectangle(9, 9, 10, 10), rectangle(13, 9, 14, 10), rectangle(409, 9, 410, 10)
SQUARE = {"width": 512, "height": 512}


def scores(*rows):
    rows = region_point_rows(table("region-point", [{"frame": i, **SQUARE, **row} for i, row in enumerate(rows)]))
    return {metric.name: score(metric, rows) for metric in METRICS}


def test_means_over_frames():
    found = scores(
        region(FOUR_RIGHT, DOT),  # 4 px, within 0.0075 * 724 = 5.43
        region(FAR, DOT),  # 400 px
        region(DOT, DOT),  # 0
        region(EMPTY, EMPTY),  # rightly nothing
        region(EMPTY, DOT),  # missed
        region(DOT, EMPTY),  # false
        region(None, EMPTY),  # owed
        region(DOT, None),  # nobody looked
    )
    assert found["hd95"] == Score((4 + 400 + 0) / 3, 3)
    assert found["hd95_diagonal"].value == pytest.approx((4 + 400 + 0) / 3 / math.hypot(512, 512))
    assert found["hd95_missed"] == Score(3 / 7, 7)
    assert found["boundary_f"] == Score((1 + 0 + 1 + 1 + 0 + 0 + 0) / 7, 7)


def test_a_model_that_misses_all_has_no_distance_and_misses_all():
    found = scores(region(EMPTY, DOT), region(EMPTY, DOT))
    assert str(found["hd95"]) == str(found["hd95_diagonal"]) == str(Score.nothing())
    assert found["hd95_missed"] == Score(1.0, 2)
    assert found["boundary_f"] == Score(0.0, 2)


def test_a_model_without_regions_has_no_score():
    assert {str(found) for found in scores(region(None, DOT)).values()} == {str(Score.nothing())}


def test_the_diagonal_is_each_clips_own():
    # 3 columns of 2 px, or 3 of 4 px, in frames of 1024x512 and 2048x1024: twice the distance, the same share.
    pair = region(rectangle(12, 9, 13, 10), DOT)
    found = scores({**pair, "width": 1024, "clip_id": "a"}, {**pair, "width": 2048, "height": 1024, "clip_id": "b"})
    assert found["hd95"] == Score((6 + 12) / 2, 2)
    assert found["hd95_diagonal"].value == pytest.approx(6 / math.hypot(1024, 512))


def test_as_monai_averages():
    rng = np.random.default_rng(4)
    pairs = [(blob(rng), blob(rng)) for _ in range(5)]
    metric = HausdorffDistanceMetric(include_background=True, percentile=95)
    metric(*(torch.from_numpy(np.stack(masks))[:, None] for masks in zip(*pairs, strict=True)))
    assert scores(*(region(*pair) for pair in pairs))["hd95"].value == pytest.approx(float(metric.aggregate()))
