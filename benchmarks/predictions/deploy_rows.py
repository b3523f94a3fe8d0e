"""DeployRows: the whole chain's answers, its onset and its points (BleedOrigin Algorithm 1, deployment)."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from .onset_rows import OnsetRows, onset_rows
from .point_rows import PointRows, point_rows


@dataclass(frozen=True, eq=False)
class DeployRows:
    """onsets: one a clip, in the order of `points.index.clips`, whose confidence nobody kept: it is NaN.

    points: one a labelled frame, NaN where the chain had no point yet.
    """

    onsets: OnsetRows
    points: PointRows

    @cached_property
    def bleeding_points(self) -> PointRows:
        """`points` as they are scored: of the frames from the true onset on, and with none before the predicted one.

        A chain that finds no onset has no points. Rows before the true onset stay, with a truth that is not visible.
        """
        frame, clip = self.points.index.frame, self.points.index.clip
        begun = frame >= self.onsets.true_onset[clip]
        answered = frame >= self.onsets.onset[clip]
        return replace(
            self.points,
            point=np.where(answered[:, None], self.points.point, np.nan),
            visible=self.points.visible & answered,
            true_visible=self.points.true_visible & begun,
        )


def deploy_rows(table: pa.Table) -> DeployRows:
    """The rows of a deploy table. Raises ValueError as onset_rows and point_rows do."""
    onsets = onset_rows(table)
    return DeployRows(replace(onsets, confidence=np.full(len(onsets.index), np.nan)), point_rows(table))
