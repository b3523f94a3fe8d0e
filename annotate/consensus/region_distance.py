"""How alike two drawn regions are: overlap, and how far their outlines lie apart."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...datasets.checks import check_array

_MARGIN: Final = 1  # so that an outline on the crop's rim is one


@dataclass(frozen=True)
class BoundaryDistance:
    """Pixels between two outlines. mean: of every outline pixel to the other outline, both ways pooled.

    hausdorff_95: the larger of the two ways' 95th percentiles. NaN where a region is empty.
    """

    mean: float
    hausdorff_95: float


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """2 |A and B| / (|A| + |B|) of two masks (H, W) bool; 1 is best. 0 where one is empty, NaN where both are."""
    total = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / total if total else np.nan


def boundary_distance(a: np.ndarray, b: np.ndarray) -> BoundaryDistance:
    """How far the outlines of two masks (H, W) bool lie apart; lower is better.

    An outline is the region's pixels with a neighbour (of four) outside it or beyond the picture; distances are exact,
    between pixel centres, as in MONAI and DeepMind's surface-distance.
    """
    check_array("a", a, ("H", "W"), np.bool_)
    check_array("b", b, a.shape, np.bool_)
    if not a.any() or not b.any():
        return BoundaryDistance(np.nan, np.nan)
    rows, columns = shared_box(a | b)
    outlines = [outline(np.pad(mask[rows, columns], _MARGIN)) for mask in (a, b)]
    there = [_distance_to(outlines[1])[outlines[0]], _distance_to(outlines[0])[outlines[1]]]
    hausdorff = max(float(np.percentile(way, 95)) for way in there)
    return BoundaryDistance(float(np.concatenate(there).mean()), hausdorff)


def outline(mask: np.ndarray) -> np.ndarray:
    """The region's own border pixels, (H, W) bool."""
    import cv2

    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = cv2.erode(mask.astype(np.uint8), cross, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return mask & (inner == 0)


def shared_box(mask: np.ndarray, margin: int = 0) -> tuple[slice, slice]:
    """Rows and columns of a mask's box, widened by `margin` within the picture; the mask must not be empty."""
    spans = (np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0)))
    rows, columns = (slice(max(0, int(at[0]) - margin), int(at[-1]) + 1 + margin) for at in spans)
    return rows, columns


def _distance_to(border: np.ndarray) -> np.ndarray:
    import cv2

    away = (~border).astype(np.uint8)
    return cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float64)
