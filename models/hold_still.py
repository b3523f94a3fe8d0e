"""Baseline: the point never moves. A tracker that loses to this has learnt nothing."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from .point_tracker import PointTracks


class HoldStill:
    """Every point stays where it began, seen in every frame."""

    causal: ClassVar[bool] = True

    def encode(self, frame: np.ndarray) -> None:
        """Nothing: no frame is looked at."""

    def track(self, encoded: Sequence[None], start: np.ndarray) -> PointTracks:
        """The start (N, 2), once for each of the T frames."""
        xy = np.tile(np.asarray(start, np.float32), (len(encoded), 1, 1))
        return PointTracks(xy, np.zeros(xy.shape[:2], np.float32), np.zeros(xy.shape[:2], bool))
