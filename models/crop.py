"""A crop round a disc: features are looked for where they are wanted, not in the whole picture."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Final

import numpy as np

from .matcher import Disc

GRID: Final = 32  # XFeat's coarsest stride, and a whole number of pixels in the first octaves of SIFT


@dataclass(frozen=True)
class Crop:
    """A window of a picture, half-open: columns x0..x1, rows y0..y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def origin(self) -> np.ndarray:
        """What takes a position in the window to one in the picture: (2,) float32."""
        return np.array([self.x0, self.y0], np.float32)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.x1 - self.x0, self.y1 - self.y0

    def of(self, frame: np.ndarray) -> np.ndarray:
        """The window of a picture (H, W, ...), contiguous."""
        return np.ascontiguousarray(frame[self.y0 : self.y1, self.x0 : self.x1])


def crop_around(disc: Disc, width: int, height: int, margin: float) -> Crop | None:
    """The window of a width x height picture that holds a disc and `margin` pixels round it; None if it lies outside.

    Sides are multiples of GRID wherever the picture is large enough, and away from its right and lower border so are
    x0 and y0: a network of that stride then sees the window as it would see that part of the whole picture.
    """
    reach = disc.radius + margin
    columns, rows = (_span(float(v), reach, extent) for v, extent in zip(disc.xy, (width, height), strict=True))
    if columns is None or rows is None:
        return None
    return Crop(columns[0], rows[0], columns[1], rows[1])


def _span(centre: float, reach: float, extent: int) -> tuple[int, int] | None:
    low = max(floor((centre - reach) / GRID) * GRID, 0)
    high = min(ceil((centre + reach) / GRID) * GRID, extent)
    if high <= low:
        return None
    low = max(high - ceil((high - low) / GRID) * GRID, 0)
    return low, high
