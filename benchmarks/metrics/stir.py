"""STIR's figures of a track: how near it ends (arXiv:2309.16782; the STIR Challenge's 2D accuracy, arXiv:2503.24306).

STIR knows where points are in a clip's first and last frame and nothing between, so a point is judged by its end: the
distance to the nearest true end point, which is the one there is where a clip has one source. Pixels are those of
STIR's frames, which are 1280 wide: distances are scaled by 1280 / width. Here a clip ends in the last labelled frame
after the query in which the true source is visible; a clip without such a frame is left out.

`stir_control` is what a point that never moves from its query would score: a share that a tracker has to beat.
"""

from functools import partial
from typing import Final

import numpy as np

from ..predictions.point_rows import PointRows
from .metric import Metric
from .summary import Ratio
from .tap_vid import after_query

STIR_WIDTH: Final = 1280
LIMITS: Final = (4, 8, 16, 32, 64)


def accuracy(rows: PointRows, limits: tuple[int, ...] = LIMITS) -> Ratio:
    """Share of end points at most a limit off, averaged over `limits`; higher is better. No point there is wrong."""
    return _near(rows, rows.point, limits)


def control(rows: PointRows) -> Ratio:
    """`accuracy` over LIMITS of a point that stays where its query was; the same for every model."""
    start = np.full((len(rows.index.clips), 2), np.nan)
    start[rows.index.clip[rows.is_query]] = rows.true_point[rows.is_query]
    return _near(rows, start[rows.index.clip], LIMITS)


def ends(rows: PointRows) -> np.ndarray:
    """The row that each clip is judged by, (N,) bool: at most one a clip."""
    row = np.flatnonzero(after_query(rows) & rows.true_visible)
    last = np.full(len(rows.index.clips), -1.0)
    np.maximum.at(last, rows.index.clip[row], rows.index.frame[row])
    judged = np.zeros(len(rows.index), np.bool_)
    judged[row] = rows.index.frame[row] == last[rows.index.clip[row]]
    return judged


def _near(rows: PointRows, point: np.ndarray, limits: tuple[int, ...]) -> Ratio:
    distance = np.linalg.norm(point - rows.true_point, axis=1) * STIR_WIDTH / rows.index.size[:, 0]
    share = (distance <= np.array(limits)[:, None]).mean(axis=0)
    judged = ends(rows)
    return Ratio(np.where(judged, share, 0.0), judged.astype(np.float64))


METRICS: Final = (
    *(
        Metric(
            f"stir_{limit}",
            f"End ≤{limit} px %",
            "%",
            "higher",
            partial(accuracy, limits=(limit,)),
            f"Share of clips whose last point is at most {limit} px of a frame {STIR_WIDTH} wide off. STIR, 2D.",
            band="stir",
            at=limit,
        )
        for limit in LIMITS
    ),
    Metric(
        "stir_avg",
        "End avg %",
        "%",
        "higher",
        accuracy,
        "Mean of the shares of clips whose last point is at most 4, 8, 16, 32 and 64 px off. STIR, 2D.",
    ),
    Metric(
        "stir_control",
        "End avg, unmoved %",
        "%",
        "higher",
        control,
        "The same of a point that stays where the query was: says how much there was to follow, nothing of the model.",
    ),
)
