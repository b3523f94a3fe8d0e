"""Matcher: what finds the same tissue points in two frames, and what it answers."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from ..datasets.checks import check_array


@dataclass(frozen=True, eq=False)
class Disc:
    """Where keypoints may lie: at most `radius` from `xy` (2,), pixels of the frame."""

    xy: np.ndarray
    radius: float

    def holds(self, xy: np.ndarray) -> np.ndarray:
        """(N,) bool for points (N, 2)."""
        return np.linalg.norm(xy - self.xy, axis=1) <= self.radius


@dataclass(frozen=True, eq=False)
class Matches:
    """N correspondences, surest first.

    first, second (N, 2) float32: pixels of the two frames; confidence (N,) float32 in [0, 1].
    """

    first: np.ndarray
    second: np.ndarray
    confidence: np.ndarray

    def __post_init__(self) -> None:
        check_array("first", self.first, shape=("N", 2), dtype=np.float32)
        check_array("second", self.second, shape=self.first.shape, dtype=np.float32)
        check_array("confidence", self.confidence, shape=self.first.shape[:1], dtype=np.float32)

    @classmethod
    def of(cls, first: np.ndarray, second: np.ndarray, confidence: np.ndarray) -> Self:
        """Correspondences (N, 2), (N, 2) and (N,) in any order; equally sure ones stay in order."""
        order = np.argsort(-confidence, kind="stable")
        return cls(*(values[order].astype(np.float32) for values in (first, second, confidence)))

    @classmethod
    def none(cls) -> Self:
        """No correspondence at all."""
        return cls.of(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0))


class Matcher(Protocol):
    """Finds correspondences; the same frames always give the same ones."""

    def match(self, first: np.ndarray, second: np.ndarray, around_first: Disc, around_second: Disc) -> Matches:
        """Match two RGB frames (H, W, 3) uint8, within a disc of each.

        Every mutual match, whatever its confidence: who asks sets the threshold. None at all is N = 0.
        """
