"""STAPLE: the region that several drawn ones most likely stand for, and how well each person drew it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...datasets.errors import BleedkitError
from .region_distance import shared_box

_MARGIN_SHARE: Final = 0.25


@dataclass(frozen=True, eq=False)
class Staple:
    """region: (H, W) bool, probability 0.5 or more. sensitivity, specificity: of each person, in the order given."""

    region: np.ndarray
    sensitivity: tuple[float, ...]
    specificity: tuple[float, ...]


def staple(masks: Sequence[np.ndarray]) -> Staple:
    """Warfield, Zou & Wells 2004 by SimpleITK, of two masks (H, W) bool or more, not all empty.

    Only the box round all regions is looked at, a quarter of its longer side wider: the rest of the frame is outside
    for all, takes time, and pushes every specificity to 1. Specificities are of that box. What two people draw tells
    little of which of them is right: the region is then one's or the other's, or what is in both; three or more are
    wanted.
    Raises BleedkitError where SimpleITK is not installed.
    """
    try:
        import SimpleITK
    except ImportError as error:
        raise BleedkitError("SimpleITK is not installed", "pip install 'bleedkit[agree]'") from error
    drawn = np.any(np.stack(masks), axis=0)
    if len(masks) < 2 or not drawn.any():
        raise ValueError("STAPLE needs two masks or more, and one that is not empty")
    rows, columns = shared_box(drawn)
    margin = int(np.ceil(_MARGIN_SHARE * max(rows.stop - rows.start, columns.stop - columns.start)))
    box = shared_box(drawn, margin)
    estimate = SimpleITK.STAPLEImageFilter()
    estimate.SetForegroundValue(1)
    estimate.SetNumberOfThreads(1)
    found = estimate.Execute([SimpleITK.GetImageFromArray(mask[box].astype(np.uint8)) for mask in masks])
    region = np.zeros(drawn.shape, np.bool_)
    region[box] = SimpleITK.GetArrayFromImage(found) >= 0.5
    return Staple(region, tuple(estimate.GetSensitivity()), tuple(estimate.GetSpecificity()))
