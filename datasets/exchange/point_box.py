"""A box round a point, for formats where a keypoint has one: it says how far off is near, nothing of the target."""

import math
from typing import Final

from ..schema import ImageSize, PointLabel

BOX: Final = 0.05


def point_box(label: PointLabel, size: ImageSize) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 in pixels: a square round the point, of BOX of the picture's longer side, cut off at its border.

    All 0 where the point has no position, or where its square lies outside the picture.
    """
    half = BOX * max(size.width, size.height) / 2
    if not (math.isfinite(label.x) and math.isfinite(label.y)):
        return 0.0, 0.0, 0.0, 0.0
    x0, x1 = max(label.x - half, 0.0), min(label.x + half, float(size.width))
    y0, y1 = max(label.y - half, 0.0), min(label.y + half, float(size.height))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else (0.0, 0.0, 0.0, 0.0)
