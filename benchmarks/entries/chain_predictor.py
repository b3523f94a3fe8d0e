"""Onset, source and track in a row (BleedOrigin Algorithm 1, deployment), of whatever parts."""

from collections.abc import Callable

import numpy as np
from torch import nn

from ...models.clip_prediction import ClipPrediction
from ...models.point_tracker import PointTracker
from ...models.predict import Frames
from ...models.predict_bleeding import follow_bleeding
from ..evaluation.predictors import OnsetPredictor, SourcePredictor

REFRESH = 60  # frames tracked before the tracker's memory begins anew (BleedOrigin 6.3)


class Chain:
    """A DeployPredictor. Each part is asked about what the one before it found, and about nothing else."""

    def __init__(self, onset: OnsetPredictor, source: SourcePredictor, tracker: PointTracker) -> None:
        self._onset, self._source, self._tracker = onset, source, tracker

    @property
    def module(self) -> nn.Module | None:
        """The networks of its parts, for their parameters to be counted; None where none is one."""
        parts = (getattr(part, "module", None) for part in (self._onset, self._source, self._tracker))
        networks = [part for part in parts if isinstance(part, nn.Module)]
        return nn.ModuleList(networks) if networks else None

    def bleeding(self, frames: Callable[[], Frames]) -> ClipPrediction:
        """frames: gives the clip's frames anew; asked twice."""
        return follow_bleeding(self._onset.onset(frames()), self._source_xy, self._tracker, frames(), REFRESH)

    def _source_xy(self, rgb: np.ndarray) -> np.ndarray:
        return self._source.source(rgb).xy
