"""DeployRows: the whole chain's answers, its onset and its points (BleedOrigin Algorithm 1, deployment)."""

from dataclasses import dataclass

import pyarrow as pa

from .onset_rows import OnsetRows, onset_rows
from .point_rows import PointRows, point_rows


@dataclass(frozen=True, eq=False)
class DeployRows:
    """onsets: one a clip; points: one a labelled frame, NaN where the chain had no point yet."""

    onsets: OnsetRows
    points: PointRows


def deploy_rows(table: pa.Table) -> DeployRows:
    """The rows of a deploy table."""
    return DeployRows(onset_rows(table), point_rows(table))
