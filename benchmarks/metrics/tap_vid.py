"""TAP-Vid's figures of a track: delta_avg, occlusion accuracy, average Jaccard (Doersch et al. 2022, arXiv:2211.03726).

As google-deepmind/tapnet counts them, in its mode `first`: on labelled frames after the query, with the picture
stretched to 256x256, each figure made of one clip and then averaged over clips. A clip with no such frame, or of which
a figure is 0/0, is left out of it; tapnet has NaN there. Our labels are sparse, so a clip counts as many frames as
somebody labelled.
"""

from typing import Final

import numpy as np

from ..predictions.point_rows import PointRows
from .metric import Metric
from .summary import Ratio

RASTER: Final = 256
LIMITS: Final = (1, 2, 4, 8, 16)
"""Pixels of the raster; a distance must be smaller."""


def delta_avg(rows: PointRows) -> Ratio:
    """Share of visible true points found closer than a limit, averaged over LIMITS, by clip; higher is better.

    Whether the model calls its point visible does not matter; a frame without a point is wrong.
    """
    counts = after_query(rows) & rows.true_visible
    return Ratio(np.where(counts, within(rows).mean(axis=0), 0.0), counts.astype(np.float64), per="clip")


def occlusion_accuracy(rows: PointRows) -> Ratio:
    """Share of frames whose visibility is told right, by clip; higher is better. Without a point, none is visible."""
    counts = after_query(rows)
    right = counts & (_said_visible(rows) == rows.true_visible)
    return Ratio(right.astype(np.float64), counts.astype(np.float64), per="clip")


def average_jaccard(rows: PointRows) -> Ratio:
    """TP / (visible true points + FP), averaged over LIMITS, by clip; higher is better.

    TP: visible in truth and prediction, and closer than the limit. FP: visible in the prediction but not in truth, or
    too far off. A clip's figure stands in the row of its query.
    """
    counts, said = after_query(rows), _said_visible(rows)
    n_clips = len(rows.index.clips)
    visible = np.bincount(rows.index.clip, counts & rows.true_visible, n_clips)
    jaccards = []
    for near in within(rows):
        right = counts & said & rows.true_visible & near
        true = np.bincount(rows.index.clip, right, n_clips)
        false = np.bincount(rows.index.clip, counts & said & ~right, n_clips)
        jaccards.append(np.divide(true, visible + false, out=np.full(n_clips, np.nan), where=visible + false > 0))
    of_clip = np.mean(jaccards, axis=0)[rows.index.clip]
    bears = rows.is_query & ~np.isnan(of_clip)
    return Ratio(np.where(bears, of_clip, 0.0), bears.astype(np.float64), per="clip")


def after_query(rows: PointRows) -> np.ndarray:
    """Rows later than their clip's query, (N,) bool; none of a clip that has no query.

    Raises ValueError where a clip has two queries: TAP-Vid follows each on its own, and rows have one point a frame.
    """
    queries = np.flatnonzero(rows.is_query)
    if len(np.unique(rows.index.clip[queries])) < len(queries):
        raise ValueError("a clip has one query")
    start = np.full(len(rows.index.clips), np.inf)
    start[rows.index.clip[queries]] = rows.index.frame[queries]
    return rows.index.frame > start[rows.index.clip]


def within(rows: PointRows) -> np.ndarray:
    """Whether each point is closer than each limit on the raster, (5, N) bool; False where there is no point."""
    apart = (rows.point - rows.true_point) * RASTER / rows.index.size
    return np.linalg.norm(apart, axis=1) < np.array(LIMITS)[:, None]


def _said_visible(rows: PointRows) -> np.ndarray:
    return rows.visible & ~np.isnan(rows.point).any(axis=1)


METRICS: Final = (
    Metric(
        "delta_avg",
        "δ avg %",
        "%",
        "higher",
        delta_avg,
        "Share of visible points closer than 1, 2, 4, 8, 16 px in a 256x256 picture, averaged, by clip. TAP-Vid.",
    ),
    Metric(
        "occlusion_accuracy",
        "OA %",
        "%",
        "higher",
        occlusion_accuracy,
        "Share of frames whose visibility is told right, by clip. TAP-Vid.",
    ),
    Metric(
        "average_jaccard",
        "AJ %",
        "%",
        "higher",
        average_jaccard,
        "TP / (visible true points + FP) at 1, 2, 4, 8, 16 px in a 256x256 picture, averaged, by clip. TAP-Vid.",
    ),
)
