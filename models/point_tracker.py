"""PointTracker: what follows points through frames, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol

import numpy as np

from ..datasets.checks import check_array

# Lengths in pixels are stated for BleedOrigin's wider view and scale with a picture's width.
REFERENCE_WIDTH: Final = 1240


@dataclass(frozen=True, eq=False)
class PointTracks:
    """N points through T frames, the start included.

    xy (T, N, 2) float32, pixels of the frames. step_error (T, N) float32: how far tracking each step back misses its
    start, pixels; inf where the tracker itself was lost, 0 in the first frame. hidden (T, N) bool: the point's own
    surroundings were not recognised there, and xy is carried by its neighbours or held.
    """

    xy: np.ndarray
    step_error: np.ndarray
    hidden: np.ndarray

    def __post_init__(self) -> None:
        check_array("xy", self.xy, shape=("T", "N", 2), dtype=np.float32)
        check_array("step_error", self.step_error, shape=self.xy.shape[:2], dtype=np.float32)
        check_array("hidden", self.hidden, shape=self.xy.shape[:2], dtype=np.bool_)


class PointTracker(Protocol):
    """Follows points from the first frame it is given; backwards in time is the same on reversed frames."""

    causal: ClassVar[bool]  # frame t is answered from frames 0..t; a contract test cuts the clip to find out

    def encode(self, frame: np.ndarray) -> Any:
        """What the tracker keeps of one RGB frame (H, W, 3) uint8; done once a frame, for every point and direction."""

    def track(self, encoded: Sequence[Any], start: np.ndarray) -> PointTracks:
        """Follow `start` (N, 2) float32, pixels of the first frame, through the T encoded frames."""


def scaled(length: float, width: int) -> float:
    """A length stated in pixels of a picture REFERENCE_WIDTH wide, in pixels of one `width` wide."""
    return length * width / REFERENCE_WIDTH
