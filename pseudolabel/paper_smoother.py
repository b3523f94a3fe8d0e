"""BleedOrigin 4.2.1, Eq. 7: the forward track, corrected at its end by the next label, smoothed backward."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..models.point_tracker import scaled
from .direction import DirectedTrack
from .kalman import ConstantVelocity, fused, smooth
from .smooth_track import SmoothTrack


@dataclass(frozen=True)
class Paper:
    """Every frame of the forward track is a measurement, and the last frame's is updated by the endpoint z_{t+30}.

    The paper says `Kalman` and no more: the model (constant velocity) and its three numbers are ours. Pixels of a
    picture REFERENCE_WIDTH wide, per axis. track_sd: of a tracked place; acceleration_sd: pixels per frame^2;
    velocity_sd: of the first frame's velocity, pixels per frame. The endpoint has the variance of its label (of its
    match, for a keypoint). Whether the tracker calls a point hidden plays no part, as in the paper.
    """

    both_directions: ClassVar[bool] = False

    track_sd: float = 2.0
    acceleration_sd: float = 1.0
    velocity_sd: float = 10.0

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
        """Smooth the track from `first`; backward is not looked at. last None: no endpoint to correct it."""
        measured, variance = forward.xy.copy(), np.full(len(forward.xy), scaled(self.track_sd, width) ** 2)
        measured[0], variance[0] = first, label_variance
        if last is not None:
            measured[-1], variance[-1] = fused(measured[-1], variance[-1], last, label_variance)
        model = ConstantVelocity(scaled(self.acceleration_sd, width), scaled(self.velocity_sd, width))
        result = smooth(measured, variance, model)
        return SmoothTrack.forward_only(result.xy, result.variance, forward.hidden)
