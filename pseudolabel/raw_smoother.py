"""No smoothing: the forward track as it is, which grows uncertain with every step."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..models.point_tracker import scaled
from .direction import DirectedTrack
from .smooth_track import SmoothTrack


@dataclass(frozen=True)
class Raw:
    """drift_sd: how far one step strays, per axis, in pixels of a picture REFERENCE_WIDTH wide."""

    both_directions: ClassVar[bool] = False

    drift_sd: float = 1.0

    def smooth(
        self,
        first: np.ndarray,  # noqa: ARG002
        last: np.ndarray | None,  # noqa: ARG002
        forward: DirectedTrack,
        backward: DirectedTrack | None,  # noqa: ARG002
        *,
        width: int,
        label_variance: float,
    ) -> SmoothTrack:
        """The forward track from `first`; the next label and the backward track are not looked at.

        The variance is the label's and a random walk's: label_variance + t drift_sd^2 after t steps.
        """
        variance = label_variance + np.arange(len(forward.xy)) * scaled(self.drift_sd, width) ** 2
        return SmoothTrack.forward_only(forward.xy, variance, forward.hidden)
