"""LabelMe shapes as our points and masks.

LabelMe draws the image from its own origin and stores where the mouse was, so its coordinates are ours: continuous, x
right and y down, column c covers [c, c+1). They are taken over as they are. A `mask` shape alone differs: its box names
the first and the last column and row, both inside. LabelMe's own rasteriser (Pillow) paints every pixel that an outline
touches, half a pixel too far on each side; here a pixel belongs to a shape where its centre does.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from .images import decode_gray
from .labelme_file import LabelMeShape, base64_bytes, mask_box
from .schema import ImageSize

REGION_TYPES: Final = ("polygon", "rectangle", "oriented_rectangle", "circle", "mask")
"""Shape types that cover an area."""


def shape_point(shape: LabelMeShape) -> tuple[float, float] | None:
    """The (x, y) of a shape that is one point; None for any other."""
    if shape.shape_type in ("point", "points") and len(shape.points) == 1:
        return shape.points[0]
    return None


def shape_mask(shape: LabelMeShape, size: ImageSize) -> np.ndarray | None:
    """The region (H, W) bool that a shape covers in an image of `size`; None for points and lines, which cover none.

    What lies outside the image is cut off. A polygon that crosses itself is filled by the even-odd rule.
    """
    if shape.shape_type in ("polygon", "oriented_rectangle"):
        return polygon_mask(shape.points, size)
    if shape.shape_type == "rectangle":
        (x0, y0), (x1, y1) = shape.points
        return polygon_mask([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], size)
    if shape.shape_type == "circle":
        return _circle(shape, size)
    if shape.shape_type == "mask":
        return _patch(shape, size)
    return None


def polygon_mask(points: Sequence[tuple[float, float]], size: ImageSize) -> np.ndarray:
    """The pixels (H, W) bool whose centres lie inside the closed polygon, by the even-odd rule.

    Of a centre on the outline, left and upper edges belong to the polygon, right and lower ones do not.
    """
    flips = np.zeros((size.height, size.width + 1), np.int32)
    for start, end in zip(points, [*points[1:], points[0]], strict=True):
        (x0, y0), (x1, y1) = sorted((start, end), key=lambda point: point[1])
        # Rows whose centre line y = row + 0.5 the edge crosses, y0 <= y < y1.
        first, last = max(int(np.ceil(y0 - 0.5)), 0), min(int(np.ceil(y1 - 0.5)), size.height)
        rows = np.arange(first, last)
        if len(rows):
            crossing = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
            flips[rows, np.clip(np.ceil(crossing - 0.5), 0, size.width).astype(np.int64)] += 1
    return np.cumsum(flips, axis=1)[:, :-1] % 2 == 1


def _circle(shape: LabelMeShape, size: ImageSize) -> np.ndarray:
    """A circle is stored as its centre and one point on it."""
    (x, y), (on_x, on_y) = shape.points
    rows, columns = np.arange(size.height) + 0.5 - y, np.arange(size.width) + 0.5 - x
    return rows[:, None] ** 2 + columns[None, :] ** 2 <= (on_x - x) ** 2 + (on_y - y) ** 2


def _patch(shape: LabelMeShape, size: ImageSize) -> np.ndarray:
    patch = decode_gray(base64_bytes(shape.mask or ""), "mask data") != 0
    x0, y0, x1, y1 = mask_box(shape.points)
    mask = np.zeros((size.height, size.width), np.bool_)
    left, top = max(x0, 0), max(y0, 0)
    right, bottom = min(x1 + 1, size.width), min(y1 + 1, size.height)
    if left < right and top < bottom:
        mask[top:bottom, left:right] = patch[top - y0 : bottom - y0, left - x0 : right - x0]
    return mask
