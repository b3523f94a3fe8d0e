"""How near predicted sources are."""

import numpy as np

from ..predictions.point_rows import PointRows
from .metric import Metric
from .summary import Ratio


def mean_error(rows: PointRows) -> Ratio:
    """Mean distance, pixels of the stored frame; lower is better. BleedOrigin Eq. 12."""
    scored = rows.true_visible & ~rows.is_query & ~np.isnan(rows.point[:, 0])
    error = np.linalg.norm(rows.point - rows.true_point, axis=1)
    return Ratio(np.where(scored, error, 0.0), scored.astype(np.float64))


METRICS = (Metric("mean_error", "Mean error", "px", "lower", mean_error, "Mean distance. BleedOrigin Eq. 12."),)
