"""What every smoother answers."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SmoothTrack:
    """xy (T, 2) and covariance (T, 2, 2), pixels; hidden (T,) bool.

    forward_holds, backward_holds (T,): chance that each track is still on its point; a missing track never holds.
    """

    xy: np.ndarray
    covariance: np.ndarray
    hidden: np.ndarray
    forward_holds: np.ndarray
    backward_holds: np.ndarray

    @classmethod
    def forward_only(cls, xy: np.ndarray, variance: np.ndarray, hidden: np.ndarray) -> "SmoothTrack":
        """The answer of a smoother that believes the forward track throughout; variance (T,) per axis."""
        covariance = variance[:, None, None] * np.eye(2)
        return cls(xy, covariance, hidden, forward_holds=np.ones(len(xy)), backward_holds=np.zeros(len(xy)))

    def reversed(self) -> "SmoothTrack":
        """The same answer against the order of time."""
        return SmoothTrack(
            self.xy[::-1],
            self.covariance[::-1],
            self.hidden[::-1],
            forward_holds=self.backward_holds[::-1],
            backward_holds=self.forward_holds[::-1],
        )
