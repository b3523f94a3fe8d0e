"""What a shape's description says of its label: state, review, how sure, by whom."""

import math
from typing import Final

import numpy as np

from ...datasets.schema import MaskLabel, PointLabel

_OURS: Final = "bleedkit: "
_CHI2_95: Final = 5.991  # 95 % of a chi-squared with two degrees of freedom


def describe(row: PointLabel | MaskLabel, earlier: str | None) -> str:
    """Lines of the shape's earlier description, then ours. Positions are sure within the 95 % ellipse's long half."""
    said = [row.state.value, row.review.value]
    if not math.isnan(row.confidence):
        said.append(f"confidence {row.confidence:.2f}")
    radius = _radius(row) if isinstance(row, PointLabel) else math.nan
    if math.isfinite(radius):
        said.append(f"95 % within {radius:.1f} px")
    if row.annotator:
        said.append(f"by {row.annotator}")
    return "\n".join([*own_lines(earlier), f"{_OURS}{', '.join(said)}"])


def own_lines(description: str | None) -> list[str]:
    """The lines that are somebody's own words."""
    return [line for line in (description or "").splitlines() if not line.startswith(_OURS)]


def _radius(row: PointLabel) -> float:
    covariance = np.array([[row.var_x, row.cov_xy], [row.cov_xy, row.var_y]])
    if not np.isfinite(covariance).all():
        return math.nan
    return float(math.sqrt(_CHI2_95 * max(np.linalg.eigvalsh(covariance)[-1], 0.0)))
