"""How well the edges of bleeding regions are met: boundary F and 95 % Hausdorff distance, mean over frames.

A model that draws no regions scores NaN with n = 0. Between a region and an empty mask there is no distance, neither 0
nor infinite: such frames are counted apart, in hd95_missed, which has to be read beside hd95.
"""

import numpy as np

from ..predictions.region_point_rows import RegionPointRows
from .metric import Metric
from .summary import Ratio


def boundary_f(rows: RegionPointRows) -> Ratio:
    """Mean of the frames' boundary F; higher is better. Csurka et al., BMVC 2013: 0.75 % of the frame's diagonal.

    Precision is the share of the predicted edge nearer than that to the true one, recall the share of the true edge
    nearer to the predicted one, F their harmonic mean. Two empty masks count as 1, one empty or absent as 0 (DAVIS).
    """
    return Ratio(np.nan_to_num(rows.boundary_f), rows.region_known.astype(np.float64))


def hausdorff_95(rows: RegionPointRows) -> Ratio:
    """Mean 95 % Hausdorff distance, pixels of the stored frame; lower is better. Edges and percentile as MONAI's.

    n: frames where both masks have a pixel; none: NaN.
    """
    return _mean(rows.hausdorff_95)


def hausdorff_95_of_diagonal(rows: RegionPointRows) -> Ratio:
    """As hausdorff_95, in shares of the stored frame's diagonal, so that frames of all sizes count alike."""
    return _mean(rows.hausdorff_95 / np.hypot(*rows.index.size.T))


def hausdorff_95_missed(rows: RegionPointRows) -> Ratio:
    """Share of frames where one mask is empty and the other is not, or where the model gave none; lower is better."""
    one_sided = (rows.area > 0) != (rows.true_area > 0)
    missed = rows.region_known & (one_sided | ~rows.region_answered)
    return Ratio(missed.astype(np.float64), rows.region_known.astype(np.float64))


def _mean(values: np.ndarray) -> Ratio:
    return Ratio(np.nan_to_num(values), (~np.isnan(values)).astype(np.float64))


METRICS = (
    Metric(
        "boundary_f",
        "Boundary F",
        "%",
        "higher",
        boundary_f,
        "Mean of the frames' boundary F within 0.75 % of the diagonal (Csurka et al., BMVC 2013).",
    ),
    Metric(
        "hd95",
        "HD95",
        "px",
        "lower",
        hausdorff_95,
        "Mean 95 % Hausdorff distance of the frames where both masks have a pixel.",
    ),
    Metric(
        "hd95_diagonal",
        "HD95 of diagonal",
        "%",
        "lower",
        hausdorff_95_of_diagonal,
        "Mean 95 % Hausdorff distance as a share of the frame's diagonal, where both masks have a pixel.",
    ),
    Metric(
        "hd95_missed",
        "HD95 undefined",
        "%",
        "lower",
        hausdorff_95_missed,
        "Share of frames that HD95 leaves out because only one of the masks has a pixel, or none was given.",
    ),
)
