"""How near predicted sources are (BleedOrigin 5.1, Tables 4, 6 and 7).

Scored are labelled frames in which the true source is visible, but for the one whose point the model was given. A frame
without an answer is wrong at every distance and counted in `missed`; it has no error, so errors are of the answered
frames and their n says how many those are.

The paper counts pixels of its own frames, 1240x1080 beside 780x670, without a word on the difference. Here a distance
is measured in three ways: in pixels of the frame scaled to a width of 1240, which is what names without more to them
mean; in pixels of the stored frame (`raw`), which is the paper's where frames are stored as it has them; and as a share
of the frame's diagonal (`diag`), which no scaling changes.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final, Literal

import numpy as np

from ..predictions.point_rows import PointRows
from .calibration import Calibration
from .metric import Metric, Unit
from .summary import Median, Ratio

Measure = Literal["reference", "raw", "diag"]
REFERENCE_WIDTH: Final = 1240
LIMITS: Final = (10, 25, 50, 75, 100)
"""Pixels of BleedOrigin 5.1."""
DIAGONAL_PERCENT: Final = (1, 2, 5, 10)


def error(rows: PointRows, measure: Measure = "reference") -> np.ndarray:
    """Distance between predicted and true point, (N,) float64; NaN where either is none."""
    distance = np.linalg.norm(rows.point - rows.true_point, axis=1)
    width, height = rows.index.size.T
    if measure == "reference":
        return distance * REFERENCE_WIDTH / width
    return distance / np.hypot(width, height) if measure == "diag" else distance


def scored(rows: PointRows) -> np.ndarray:
    """The frames that count, (N,) bool: the true source is visible and was not given to the model."""
    return rows.true_visible & ~rows.is_query


def accuracy(rows: PointRows, limit: float, measure: Measure = "reference") -> Ratio:
    """Share of frames whose point is at most `limit` off; higher is better. BleedOrigin Eq. 11, its `<=`.

    A frame without an answer counts as wrong.
    """
    counts = scored(rows)
    return Ratio((counts & (error(rows, measure) <= limit)).astype(np.float64), counts.astype(np.float64))


def mean_error(rows: PointRows, measure: Measure = "reference") -> Ratio:
    """Mean distance of the answered frames; lower is better. BleedOrigin Eq. 12."""
    answered = _answered(rows)
    return Ratio(np.where(answered, error(rows, measure), 0.0), answered.astype(np.float64))


def median_error(rows: PointRows, measure: Measure = "reference") -> Median:
    """Median distance of the answered frames; lower is better."""
    return Median(np.where(_answered(rows), error(rows, measure), np.nan))


def missed(rows: PointRows) -> Ratio:
    """Share of frames without an answer; lower is better."""
    counts = scored(rows)
    return Ratio((counts & ~_answered(rows)).astype(np.float64), counts.astype(np.float64))


def calibration_error(rows: PointRows, limit: float = 25) -> Calibration:
    """Expected calibration error of the confidence that the point is at most `limit` off, in pixels of the reference.

    Lower is better. See Calibration; BleedOrigin 5.3.3 tells of detectors whose confidence says nothing. A frame
    without a confidence does not count, one with a confidence and no point is off.
    """
    return Calibration(np.where(scored(rows), rows.confidence, np.nan), error(rows) <= limit)


def _answered(rows: PointRows) -> np.ndarray:
    return scored(rows) & ~np.isnan(rows.point).any(axis=1)


def _metrics(measure: Measure, limits: Mapping[int, float], px: str, of: str) -> tuple[Metric[PointRows], ...]:
    """Accuracies and errors in one measure. limits: as `measure` has them, by what names say; px: as titles say."""
    end = "" if measure == "reference" else f"_{measure}"
    unit: Unit = "%" if measure == "diag" else "px"
    accuracies = [
        Metric(
            f"acc{end}_{said}",
            f"≤{said} {px} %",
            "%",
            "higher",
            partial(accuracy, limit=limit, measure=measure),
            f"Share of frames whose point is at most {said} {of} off; one without an answer is wrong. "
            "BleedOrigin Eq. 11.",
            band=f"acc{end}",
            at=said,
        )
        for said, limit in limits.items()
    ]
    mean = Metric(
        f"mean_error{end}",
        f"Mean error, {px}",
        unit,
        "lower",
        partial(mean_error, measure=measure),
        f"Mean distance in {of}, of the answered frames. BleedOrigin Eq. 12.",
    )
    median = Metric(
        f"median_error{end}",
        f"Median error, {px}",
        unit,
        "lower",
        partial(median_error, measure=measure),
        f"Median distance in {of}, of the answered frames.",
    )
    return (*accuracies, mean, median)


METRICS: Final = (
    *_metrics("reference", {d: d for d in LIMITS}, "px", f"px of a frame {REFERENCE_WIDTH} wide"),
    Metric("missed", "Missed %", "%", "lower", missed, "Share of frames with a visible source and no answer."),
    *_metrics("diag", {d: d / 100 for d in DIAGONAL_PERCENT}, "% diag.", "% of the frame's diagonal"),
    *_metrics("raw", {d: d for d in LIMITS}, "stored px", "px of the stored frame"),
)

CALIBRATION: Final = Metric(
    "ece_25",
    "ECE, ≤25 px, %",
    "%",
    "lower",
    calibration_error,
    f"Expected calibration error of the confidence that the point is at most 25 px of a frame {REFERENCE_WIDTH} wide "
    "off, 15 bins of equal width.",
)
"""Of protocols whose models say how sure they are of the place."""
