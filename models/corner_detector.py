"""Corners around a label: pseudo-keypoints that move with the labelled tissue."""

import numpy as np

from .point_tracker import scaled


class CornerDetector:
    """Shi-Tomasi's good features to track (CVPR 1994) in a disc around a point.

    radius: of the disc; spacing: least distance of two corners; both in pixels of a picture REFERENCE_WIDTH wide
    (BleedOrigin 4.2.1 takes keypoints within 50 px and has some 36 a frame; we look five times as far, as a hidden
    point is carried by the tissue beyond what hides it). most: how many corners at most, strongest first.
    """

    def __init__(self, *, radius: float = 250.0, spacing: float = 20.0, most: int = 64) -> None:
        self._radius, self._spacing, self._most = radius, spacing, most

    def detect(self, gray: np.ndarray, around: np.ndarray) -> np.ndarray:
        """Corners of a (H, W) uint8 picture near `around` (2,), pixels: (N, 2) float32, strongest first; N may be 0."""
        import cv2

        height, width = gray.shape
        radius = scaled(self._radius, width)
        x0, y0 = (max(0, int(v)) for v in np.floor(around - radius))
        x1, y1 = (int(v) for v in np.minimum(np.ceil(around + radius), [width, height]))
        if x1 - x0 < 3 or y1 - y0 < 3:
            return np.zeros((0, 2), np.float32)
        rows, columns = np.mgrid[y0:y1, x0:x1] + 0.5
        disc = (np.hypot(columns - around[0], rows - around[1]) <= radius).astype(np.uint8)
        spacing = max(4.0, scaled(self._spacing, width))
        found = cv2.goodFeaturesToTrack(gray[y0:y1, x0:x1], self._most, 0.01, spacing, mask=disc, blockSize=5)
        if found is None:
            return np.zeros((0, 2), np.float32)
        # OpenCV's whole numbers are pixel centres, ours are at + 0.5.
        return (found.reshape(-1, 2) + np.array([x0, y0], np.float32) + np.float32(0.5)).astype(np.float32)
