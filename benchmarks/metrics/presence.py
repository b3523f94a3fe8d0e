"""Whether the model knows that there is a bleeding point: of the frames where somebody looked for one.

The truth is whether the point is visible, as in SurgBlood's code; the answer is a confidence, above 0.5 a yes. A model
that gives none anywhere scores NaN with n = 0. A single frame without one, of a model that otherwise says, counts as
answered wrong with full confidence: silence is never left out of a score.
"""

import numpy as np

from ..predictions.region_point_rows import RegionPointRows
from .auroc import Auroc
from .calibration import Calibration, brier
from .metric import Metric
from .summary import Ratio


def accuracy(rows: RegionPointRows) -> Ratio:
    """Share of frames whose presence is told right; higher is better. SurgBlood's code: `precision_exist`."""
    return _share(_said(rows) == rows.true_visible, _scored(rows))


def precision(rows: RegionPointRows) -> Ratio:
    """Share of frames said to have a point that have one; higher is better. n: frames said to; none: NaN."""
    return _share(rows.true_visible, _scored(rows) & _said(rows))


def recall(rows: RegionPointRows) -> Ratio:
    """Share of frames with a point that are said to have one; higher is better. n: frames with one; none: NaN."""
    return _share(_said(rows), _scored(rows) & rows.true_visible)


def auroc(rows: RegionPointRows) -> Auroc:
    """Area under the ROC curve of the confidence; higher is better. See Auroc."""
    return Auroc(_confidence(rows), rows.true_visible)


def calibration_error(rows: RegionPointRows) -> Calibration:
    """Expected calibration error of the confidence that there is a point; lower is better. See Calibration."""
    return Calibration(_confidence(rows), rows.true_visible)


def brier_score(rows: RegionPointRows) -> Ratio:
    """Mean squared error of the confidence that there is a point; lower is better. See brier."""
    return brier(_confidence(rows), rows.true_visible)


def _scored(rows: RegionPointRows) -> np.ndarray:
    return rows.point_known & ~np.isnan(rows.confidence).all()


def _confidence(rows: RegionPointRows) -> np.ndarray:
    """NaN where not scored; wrong and sure where there is no answer."""
    answered = np.where(np.isnan(rows.confidence), ~rows.true_visible, rows.confidence)
    return np.where(_scored(rows), answered, np.nan)


def _said(rows: RegionPointRows) -> np.ndarray:
    return _confidence(rows) > 0.5


def _share(right: np.ndarray, scored: np.ndarray) -> Ratio:
    return Ratio((right & scored).astype(np.float64), scored.astype(np.float64))


METRICS = (
    Metric(
        "presence_accuracy",
        "Presence",
        "%",
        "higher",
        accuracy,
        "Share of frames where the model rightly says whether there is a bleeding point (SurgBlood's code).",
    ),
    Metric(
        "presence_precision",
        "Presence precision",
        "%",
        "higher",
        precision,
        "Share of frames said to have a bleeding point that have one.",
    ),
    Metric(
        "presence_recall",
        "Presence recall",
        "%",
        "higher",
        recall,
        "Share of frames with a bleeding point that are said to have one.",
    ),
    Metric(
        "presence_auroc",
        "Presence AUROC",
        "%",
        "higher",
        auroc,
        "Area under the ROC curve of the confidence that there is a bleeding point.",
    ),
    Metric(
        "presence_ece",
        "Presence ECE",
        "%",
        "lower",
        calibration_error,
        "Expected calibration error of the confidence that there is a bleeding point, 15 bins of equal width.",
    ),
    Metric(
        "presence_brier",
        "Presence Brier",
        "",
        "lower",
        brier_score,
        "Mean squared error of the confidence that there is a bleeding point.",
    ),
)
