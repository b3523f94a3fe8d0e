"""PCK: the share of frames whose bleeding point is met, in the authors' square and in the frame itself."""

from functools import partial
from typing import Final

import numpy as np

from ..predictions.region_point_rows import RegionPointRows
from .metric import Metric
from .summary import Ratio

SIDE: Final = 512.0
PERCENT: Final = (2, 5, 10)


def pck_in_square(rows: RegionPointRows, share: float) -> Ratio:
    """Share of frames with a true point whose predicted one is nearer than `share` of 512 px; higher is better.

    SurgBlood 5.1, as its `Evaluate.py` counts: frame and points are stretched to 512x512, nearer means strictly, and
    the predicted presence does not matter. A frame without a predicted point is missed; a model that gives no point
    anywhere scores NaN with n = 0.
    """
    return _within(rows, np.broadcast_to(SIDE, rows.point.shape) / rows.index.size, share * SIDE)


def pck_in_frame(rows: RegionPointRows, share: float) -> Ratio:
    """As pck_in_square, with distances in pixels of the stored frame and `share` of its longer side; higher is better.

    So a pixel counts the same in both directions. Yang and Ramanan (TPAMI 2013) take the longer side of the person's
    box; the frame stands for it here.
    """
    return _within(rows, np.ones_like(rows.point), share * rows.index.size.max(axis=1))


def _within(rows: RegionPointRows, scale: np.ndarray, limit: np.ndarray | float) -> Ratio:
    distance = np.linalg.norm((rows.point - rows.true_point) * scale, axis=1)
    scored = rows.true_visible & ~np.isnan(rows.point).all()
    return Ratio((scored & (distance < limit)).astype(np.float64), scored.astype(np.float64))


def _square(percent: int) -> Metric[RegionPointRows]:
    return Metric(
        f"pck_{percent}",
        f"PCK-{percent} %",
        "%",
        "higher",
        partial(pck_in_square, share=percent / 100),
        f"Share of frames with a true point whose predicted one is nearer than {percent} % of 512 px once the frame is "
        "stretched to 512x512 (SurgBlood 5.1 and its code).",
        band="pck",
        at=percent,
    )


def _frame(percent: int) -> Metric[RegionPointRows]:
    return Metric(
        f"pck_frame_{percent}",
        f"PCK-{percent} % in the frame",
        "%",
        "higher",
        partial(pck_in_frame, share=percent / 100),
        f"Share of frames with a true point whose predicted one is nearer than {percent} % of the frame's longer side, "
        "in the frame as it is.",
        band="pck_frame",
        at=percent,
    )


METRICS = (*(_square(percent) for percent in PERCENT), *(_frame(percent) for percent in PERCENT))
