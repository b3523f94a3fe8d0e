"""Pyramidal Lucas-Kanade: every step a search for the patch of the frame before. It drifts and does not see hiding."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from .chain import chained
from .point_tracker import PointTracks, scaled


class LucasKanade:
    """Bouguet's pyramidal Lucas-Kanade as in OpenCV, frame to frame.

    window: side of the patch, in pixels of a picture REFERENCE_WIDTH wide, but never under 15 of its own; levels: of
    the pyramid above the full picture.
    """

    causal: ClassVar[bool] = True

    def __init__(self, *, window: float = 25.0, levels: int = 4) -> None:
        self._window, self._levels = window, levels

    def encode(self, frame: np.ndarray) -> np.ndarray:
        """The frame in gray, (H, W) uint8."""
        import cv2

        return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)

    def track(self, encoded: Sequence[np.ndarray], start: np.ndarray) -> PointTracks:
        """Follow points frame by frame; a point that is lost stays where it was and is hidden from then on."""
        return chained(self.step, encoded, start)

    def step(
        self, before: np.ndarray, now: np.ndarray, xy: np.ndarray, guess: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where the patches at `xy` (N, 2) of `before` lie in `now`, and how far the way back misses (N,), inf if lost.

        guess: (N, 2), where to begin looking. All in pixels, float32.
        """
        if not len(xy):
            return np.zeros((0, 2), np.float32), np.zeros(0, np.float32)
        moved, found = self._flow(before, now, xy, xy if guess is None else guess)
        back, found_back = self._flow(now, before, moved, moved if guess is None else xy)
        error = np.linalg.norm(back - xy, axis=1).astype(np.float32)
        return moved, np.where(found & found_back, error, np.float32(np.inf))

    def _flow(
        self, before: np.ndarray, now: np.ndarray, xy: np.ndarray, guess: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """OpenCV's search; its pixel centres are whole numbers, ours are at + 0.5."""
        import cv2

        side = max(15, int(scaled(self._window, now.shape[1])) | 1)
        moved, found, _ = cv2.calcOpticalFlowPyrLK(
            before,
            now,
            to_opencv(xy),
            to_opencv(guess),
            winSize=(side, side),
            maxLevel=self._levels,
            criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.003),
            flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
            minEigThreshold=1e-5,
        )
        return from_opencv(moved), found[:, 0].astype(bool)


def to_opencv(xy: np.ndarray) -> np.ndarray:
    """Our pixels (N, 2) as OpenCV's point list: contiguous float32, pixel centres at whole numbers."""
    return np.ascontiguousarray(xy - np.float32(0.5), np.float32)


def from_opencv(points: np.ndarray) -> np.ndarray:
    """OpenCV's points (N, 2) as our pixels, float32."""
    return (points + np.float32(0.5)).astype(np.float32)
