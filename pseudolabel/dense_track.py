"""What the engine answers for one segment."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ..models.point_tracker import scaled
from .keypoints import KeypointTracks

NEAR: Final = 10.0  # confidence is the chance of an error under this, in pixels of a picture REFERENCE_WIDTH wide


@dataclass(frozen=True, eq=False)
class DenseTrack:
    """A segment's answer for its inner frames: frames (T,); xy (T, 2) and covariance (T, 2, 2) pixels; visible (T,).

    confidence (T,): chance, by the covariance, of an error under NEAR. reasons: why a frame is not trusted, "" where it
    is. forward, backward (T, 2): the raw tracks, NaN where there is none. xy is NaN where nothing can be said at all.
    keypoints: the pseudo-keypoints' tracks over the same frames.
    """

    frames: tuple[int, ...]
    xy: np.ndarray
    covariance: np.ndarray
    visible: np.ndarray
    confidence: np.ndarray
    reasons: tuple[str, ...]
    forward: np.ndarray
    backward: np.ndarray
    keypoints: KeypointTracks = field(default_factory=lambda: KeypointTracks.none(0))

    @property
    def trusted(self) -> np.ndarray:
        """(T,) bool."""
        return np.array([not reason for reason in self.reasons], bool)


def chance_near(covariance: np.ndarray, width: int) -> np.ndarray:
    """Chance of an error under NEAR, by covariance (..., 2, 2) taken as round, in a picture `width` wide: (...)."""
    variance = np.trace(covariance, axis1=-2, axis2=-1) / 2
    return 1 - np.exp(-(scaled(NEAR, width) ** 2) / (2 * variance))
