"""IoU and Dice of bleeding regions: pooled over pixels, by frame, by patient.

A model that draws no regions scores NaN with n = 0; a frame for which one that does gave no mask counts as missed.
"""

import numpy as np

from ..predictions.region_point_rows import RegionPointRows
from .metric import Metric
from .summary import Ratio


def iou_pooled(rows: RegionPointRows) -> Ratio:
    """Intersection over union, pixels of all frames pooled; higher is better. SurgBlood 5.1, as its code counts.

    n: frames with a pixel in either mask. Nothing but empty masks: NaN.
    """
    return Ratio(rows.both, _either(rows))


def dice_pooled(rows: RegionPointRows) -> Ratio:
    """Twice the intersection over the sum of areas, pixels of all frames pooled; higher is better. SurgBlood 5.1.

    n and NaN as of iou_pooled.
    """
    return Ratio(2 * rows.both, rows.area + rows.true_area)


def iou_by_frame(rows: RegionPointRows) -> Ratio:
    """Mean of the frames' IoU; higher is better.

    A frame whose masks are both empty is right and counts as 1: so every model is scored on the same frames, and
    blood drawn where there is none costs a frame. (Metrics Reloaded leaves this choice to the benchmark.)
    """
    return _by_frame(rows, rows.both, _either(rows))


def dice_by_frame(rows: RegionPointRows) -> Ratio:
    """Mean of the frames' Dice; higher is better. Two empty masks count as 1, as in iou_by_frame."""
    return _by_frame(rows, 2 * rows.both, rows.area + rows.true_area)


def iou_by_patient(rows: RegionPointRows) -> Ratio:
    """IoU pooled over the pixels of a patient, then the mean over patients; higher is better.

    A patient without a pixel in either mask is left out; n: patients.
    """
    return Ratio(rows.both, _either(rows), "patient")


def dice_by_patient(rows: RegionPointRows) -> Ratio:
    """Dice pooled over the pixels of a patient, then the mean over patients; higher is better. As iou_by_patient."""
    return Ratio(2 * rows.both, rows.area + rows.true_area, "patient")


def _either(rows: RegionPointRows) -> np.ndarray:
    return rows.area + rows.true_area - rows.both


def _by_frame(rows: RegionPointRows, top: np.ndarray, bottom: np.ndarray) -> Ratio:
    right_and_empty = (rows.region_answered & (bottom == 0)).astype(np.float64)
    return Ratio(np.divide(top, bottom, out=right_and_empty, where=bottom > 0), rows.region_known.astype(np.float64))


METRICS = (
    Metric("iou", "IoU", "%", "higher", iou_pooled, "Intersection over union, pixels of all frames pooled."),
    Metric("dice", "Dice", "%", "higher", dice_pooled, "Dice coefficient, pixels of all frames pooled."),
    Metric(
        "iou_frame",
        "IoU by frame",
        "%",
        "higher",
        iou_by_frame,
        "Mean of the frames' intersection over union; 1 where both masks are empty.",
    ),
    Metric(
        "dice_frame",
        "Dice by frame",
        "%",
        "higher",
        dice_by_frame,
        "Mean of the frames' Dice coefficient; 1 where both masks are empty.",
    ),
    Metric(
        "iou_patient",
        "IoU by patient",
        "%",
        "higher",
        iou_by_patient,
        "Intersection over union of each patient's pixels, mean over patients.",
    ),
    Metric(
        "dice_patient",
        "Dice by patient",
        "%",
        "higher",
        dice_by_patient,
        "Dice coefficient of each patient's pixels, mean over patients.",
    ),
)
