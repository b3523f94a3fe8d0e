"""How exactly people point: the error of one human label."""

from typing import Final

from ..models.point_tracker import scaled

LABEL_SD: Final = 1.5  # per axis, pixels of a picture REFERENCE_WIDTH wide; whole pixels alone make 0.3
_ROUNDING_SD: Final = 0.5


def label_variance(width: int) -> float:
    """Variance of a human label per axis, pixels squared, in a picture `width` wide."""
    return max(_ROUNDING_SD, scaled(LABEL_SD, width)) ** 2
