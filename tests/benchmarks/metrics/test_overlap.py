"""Overlaps by hand, and beside torchmetrics on rough regions."""

import numpy as np
import pytest
import torch
from bleedkit_test_layouts.prediction_tables import table
from bleedkit_test_layouts.region_tables import EMPTY, blob, rectangle, region
from torchmetrics import JaccardIndex
from torchmetrics.functional.segmentation import dice_score

from bleedkit.benchmarks.metrics.overlap import METRICS
from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.predictions.groups import score
from bleedkit.benchmarks.predictions.region_point_table import region_point_rows

LARGE, HALF = rectangle(0, 0, 20, 10), rectangle(10, 0, 20, 10)  # 200 pixels, and 100 of them
TINY = rectangle(100, 100, 102, 101)  # 2 pixels


def scores(rows):
    rows = region_point_rows(table("region-point", rows))
    return {metric.name: score(metric, rows) for metric in METRICS}


def of(patient, clip, frame, found, true):
    return region(found, true, patient_id=patient, clip_id=clip, frame=frame)


def test_pooled_by_frame_and_by_patient():
    found = scores(
        [
            of("p", "a", 0, HALF, LARGE),  # 100 of 200 in common
            of("p", "b", 0, EMPTY, TINY),  # 0 of 2
            of("q", "c", 0, LARGE, HALF),  # 100 of 200
            of("q", "c", 1, EMPTY, EMPTY),  # rightly nothing
            of("q", "c", 2, TINY, EMPTY),  # 2 pixels where there is nothing
            of("q", "c", 3, LARGE, None),  # nobody looked
        ]
    )
    assert found["iou"] == Score((100 + 0 + 100 + 0) / (200 + 2 + 200 + 2), 4)
    assert found["dice"] == Score(2 * 200 / (300 + 2 + 300 + 2), 4)
    assert found["iou_frame"] == Score((1 / 2 + 0 + 1 / 2 + 1 + 0) / 5, 5)
    assert found["dice_frame"] == Score((2 / 3 + 0 + 2 / 3 + 1 + 0) / 5, 5)
    assert found["iou_patient"].value == pytest.approx((100 / 202 + 100 / 202) / 2)
    assert found["dice_patient"].value == pytest.approx((200 / 302 + 200 / 302) / 2)
    assert found["dice_patient"].n == 2


def test_patients_count_alike_however_long_they_are():
    rows = [of("p", "a", i, LARGE, LARGE) for i in range(9)] + [of("q", "b", 0, EMPTY, LARGE)]
    assert scores(rows)["iou_patient"] == Score(1 / 2, 2)
    assert scores(rows)["iou"] == Score(9 / 10, 10)


def test_an_answer_that_is_owed_is_a_miss_and_an_empty_one_may_be_right():
    owed = scores([of("p", "a", 0, LARGE, LARGE), of("p", "a", 1, None, LARGE), of("p", "a", 2, None, EMPTY)])
    empty = scores([of("p", "a", 0, LARGE, LARGE), of("p", "a", 1, EMPTY, LARGE), of("p", "a", 2, EMPTY, EMPTY)])
    assert owed["iou"] == empty["iou"] == Score(1 / 2, 2)
    assert owed["iou_frame"] == owed["dice_frame"] == Score(1 / 3, 3)
    assert empty["iou_frame"] == empty["dice_frame"] == Score(2 / 3, 3)


@pytest.mark.parametrize("true", [LARGE, EMPTY])
def test_a_model_without_regions_has_no_score(true):
    assert {str(found) for found in scores([of("p", "a", 0, None, true)]).values()} == {str(Score.nothing())}


def test_nothing_but_empty_masks():
    found = scores([of("p", "a", 0, EMPTY, EMPTY)])
    assert str(found["iou"]) == str(found["dice_patient"]) == str(Score.nothing())
    assert found["iou_frame"] == found["dice_frame"] == Score(1.0, 1)


def test_as_torchmetrics_counts():
    rng = np.random.default_rng(2)
    pairs = [(blob(rng), blob(rng)) for _ in range(8)]
    found = scores([of(f"p{i % 3}", f"c{i}", 0, *pair) for i, pair in enumerate(pairs)])
    tensors = [torch.from_numpy(np.stack(masks)).int() for masks in zip(*pairs, strict=True)]
    assert found["iou"].value == pytest.approx(float(JaccardIndex("binary")(*tensors)), rel=1e-6)
    by_frame = [float(JaccardIndex("binary")(*pair)) for pair in zip(*tensors, strict=True)]
    assert found["iou_frame"].value == pytest.approx(np.mean(by_frame), rel=1e-6)
    by_patient = [float(JaccardIndex("binary")(*(tensor[k::3] for tensor in tensors))) for k in range(3)]
    assert found["iou_patient"].value == pytest.approx(np.mean(by_patient), rel=1e-6)
    channels = [tensor[:, None] for tensor in tensors]
    dice = dice_score(*channels, num_classes=1, average="micro", input_format="one-hot")
    assert found["dice_frame"].value == pytest.approx(float(dice.mean()), rel=1e-6)
    # Of one pair of areas, Dice is 2 IoU / (1 + IoU).
    assert found["dice"].value == pytest.approx(2 * found["iou"].value / (1 + found["iou"].value))
