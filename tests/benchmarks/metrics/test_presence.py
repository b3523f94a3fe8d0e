"""Presence by hand, and beside torchmetrics."""

import numpy as np
import pytest
import torch
from bleedkit_test_layouts.prediction_tables import table
from bleedkit_test_layouts.region_tables import point
from torchmetrics import AUROC, Accuracy, CalibrationError, Precision, Recall

from bleedkit.benchmarks.metrics.calibration import reliability_curve
from bleedkit.benchmarks.metrics.presence import METRICS, calibration_error
from bleedkit.benchmarks.metrics.score import Score
from bleedkit.benchmarks.predictions.groups import score
from bleedkit.benchmarks.predictions.region_point_table import region_point_rows

HERE = (10, 10)


def rows_of(*rows):
    return region_point_rows(table("region-point", [{"frame": i, **row} for i, row in enumerate(rows)]))


def scores(*rows):
    rows = rows_of(*rows)
    return {metric.name: score(metric, rows) for metric in METRICS}


def said(confidence, there):
    return point(HERE, HERE if there else None, confidence=confidence)


def test_by_hand():
    found = scores(
        said(0.75, True),
        said(0.25, True),
        said(0.5, True),  # half sure is no
        said(1.0, False),
        said(0.0, False),
        {"confidence": 1.0},  # nobody looked
    )
    assert found["presence_accuracy"] == Score(2 / 5, 5)
    assert found["presence_precision"] == Score(1 / 2, 2)
    assert found["presence_recall"] == Score(1 / 3, 3)
    # Pairs of a frame with and one without: 0.75, 0.25 and 0.5 all lie below 1.0 and above 0.0.
    assert found["presence_auroc"] == Score(3 / 6, 5)
    assert found["presence_brier"].value == pytest.approx((0.0625 + 0.5625 + 0.25 + 1 + 0) / 5)
    # Every confidence is alone in its bin: 0.25, 0.75, 0.5, 1 and 0 off.
    assert found["presence_ece"].value == pytest.approx((0.25 + 0.75 + 0.5 + 1 + 0) / 5)


def test_a_frame_without_an_answer_is_wrong_and_sure():
    owed = scores(said(0.9, True), said(None, True), said(None, False))
    wrong = scores(said(0.9, True), said(0.0, True), said(1.0, False))
    assert owed == wrong
    assert owed["presence_accuracy"] == Score(1 / 3, 3)
    assert owed["presence_precision"] == Score(1 / 2, 2)


def test_a_model_without_confidence_has_no_score():
    assert {str(one) for one in scores(said(None, True), said(None, False)).values()} == {str(Score.nothing())}


def test_what_one_kind_of_frame_cannot_tell():
    always, never = scores(said(0.9, True)), scores(said(0.1, False))
    assert str(always["presence_auroc"]) == str(never["presence_auroc"]) == str(Score.nothing())
    assert str(never["presence_recall"]) == str(never["presence_precision"]) == str(Score.nothing())
    assert always["presence_recall"] == never["presence_accuracy"] == Score(1.0, 1)


def test_as_torchmetrics():
    rng = np.random.default_rng(6)
    there = rng.random(300) < 0.6
    confidence = np.round(np.clip(rng.normal(0.4 + 0.3 * there, 0.25), 0, 0.99), 2)  # with ties
    confidence = 0.003 + 0.98 * confidence  # and none on a bin's edge, where 32-bit floats fall on either side
    found = scores(*(said(*row) for row in zip(confidence.tolist(), there.tolist(), strict=True)))
    theirs = {
        "accuracy": Accuracy("binary"),
        "precision": Precision("binary"),
        "recall": Recall("binary"),
        "auroc": AUROC("binary"),
        "ece": CalibrationError("binary", n_bins=15, norm="l1"),
    }
    tensors = torch.from_numpy(confidence.astype(np.float32)), torch.from_numpy(there).int()
    for name, metric in theirs.items():
        assert found[f"presence_{name}"].value == pytest.approx(float(metric(*tensors)), abs=1e-6), name


def test_the_reliability_curve_is_of_scored_frames():
    rows = rows_of(said(0.9, True), said(0.92, False), said(None, True), {"confidence": 0.5})
    found = calibration_error(rows)
    curve = reliability_curve(found.confidence, found.happened)
    assert curve.n[[0, 13]].tolist() == [1, 2]
    assert curve.n.sum() == 3
    assert curve.frequency[13] == 0.5
