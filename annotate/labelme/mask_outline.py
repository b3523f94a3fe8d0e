"""A mask as a polygon that a person can drag, where one polygon is the mask to the pixel."""

from typing import Final

import cv2
import numpy as np

from ...datasets.labelme_shape import polygon_mask
from ...datasets.schema import ImageSize

MAX_VERTICES: Final = 1000
"""An ellipse of 300 x 180 pixels takes 270; with more than these a ragged region is no easier to edit than a mask."""

_TOLERANCE: Final = 0.35
"""Below 1 / sqrt(8), the least distance of the outline below from a pixel's centre."""


def outline(mask: np.ndarray) -> tuple[tuple[float, float], ...] | None:
    """A polygon whose pixels, by `polygon_mask`, are just those of the mask (H, W) bool.

    None where the region has holes or several parts, is empty, or would need more than MAX_VERTICES.
    """
    edges = _edges(mask)
    if edges is None:
        return None
    size = ImageSize(mask.shape[1], mask.shape[0])
    simple = cv2.approxPolyDP(edges.astype(np.float32).reshape(-1, 1, 2), _TOLERANCE, closed=True).reshape(-1, 2)
    for points in (simple, edges):
        if 3 <= len(points) <= MAX_VERTICES:
            polygon = tuple((float(x), float(y)) for x, y in points)
            if np.array_equal(polygon_mask(polygon, size), mask):
                return polygon
    return None


def _edges(mask: np.ndarray) -> np.ndarray | None:
    """Middles (N, 2) of the pixel edges between inside and outside, in turn; None where they are no single ring."""
    from contourpy import contour_generator

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    top, left = rows[0], columns[0]
    cut = np.pad(mask[top : rows[-1] + 1, left : columns[-1] + 1], 1)
    lines = contour_generator(z=cut.astype(np.float32)).lines(0.5)
    if len(lines) != 1:
        return None
    # contourpy has samples on whole numbers; number 1 of the padded cut is the centre of the first pixel inside.
    return np.asarray(lines[0][:-1], np.float64) + np.array([left, top]) - 0.5
