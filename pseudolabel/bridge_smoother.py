"""The error-state bridge over the forward track: what it drifted by the next label is taken out along the way."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..models.point_tracker import scaled
from .bridge import bridge
from .direction import DirectedTrack
from .smooth_track import SmoothTrack


@dataclass(frozen=True)
class BridgeSmoother:
    """Right where the tracker only drifts, evenly; drift_sd: of one step, per axis, pixels of REFERENCE_WIDTH."""

    both_directions: ClassVar[bool] = False

    drift_sd: float = 1.0

    def smooth(
        self,
        first: np.ndarray,
        last: np.ndarray | None,
        forward: DirectedTrack,
        backward: DirectedTrack | None,  # noqa: ARG002
        *,
        width: int,
        label_variance: float,
    ) -> SmoothTrack:
        """The bridge of `bridge.py` between the labels; backward is not looked at."""
        steps = np.diff(forward.xy, axis=0)
        path = bridge(first, last, steps, np.full(len(steps), scaled(self.drift_sd, width) ** 2), label_variance)
        return SmoothTrack.forward_only(path.xy, path.variance, forward.hidden)
