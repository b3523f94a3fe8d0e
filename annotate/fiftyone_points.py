"""Pixels of the stored frame to and from FiftyOne's coordinates, which run from 0 to 1 across the image."""

import math

from ..datasets.schema import ImageSize


def to_unit(x: float, y: float, size: ImageSize) -> tuple[float, float]:
    """Pixels (0..W, 0..H) to FiftyOne's (0..1, 0..1); both count from the image's outer edge. NaN stays NaN."""
    return x / size.width, y / size.height


def to_pixels(u: float, v: float, size: ImageSize) -> tuple[float, float]:
    """FiftyOne's (0..1, 0..1) to pixels (0..W, 0..H); NaN stays NaN."""
    return u * size.width, v * size.height


def is_hidden(u: float, v: float) -> bool:
    """Whether FiftyOne takes the vertex for not visible: it writes NaN for that."""
    return math.isnan(u) or math.isnan(v)
