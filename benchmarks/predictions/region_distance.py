"""How far the edges of two regions lie apart: 95 % Hausdorff distance and boundary F, frame by frame."""

from typing import Final

import numpy as np

TOLERANCE: Final = 0.0075
"""Of the frame's diagonal: Csurka et al., BMVC 2013. DAVIS takes 0.008, rounded up to whole pixels."""


def region_distance(edge: np.ndarray, true_edge: np.ndarray, size: np.ndarray, grid: int) -> tuple[float, float]:
    """95 % Hausdorff distance in pixels of the stored frame, and boundary F in [0, 1].

    edge, true_edge (E, 2), neither empty: column and row of edge pixels of the grid; size (2,): the stored frame's
    width and height. The Hausdorff distance is the larger of both directions' 95th percentiles, interpolated, as
    MONAI's. Boundary F is the harmonic mean of the shares of either edge nearer than TOLERANCE to the other.
    """
    from scipy.spatial import cKDTree

    scale = size / grid
    found, true = edge * scale, true_edge * scale
    # An unbalanced tree is built in half the time, and edges are spread well enough for it to be as fast to ask.
    trees = [cKDTree(points, 32, balanced_tree=False, compact_nodes=False) for points in (true, found)]
    to_true, to_found = np.sort(trees[0].query(found)[0]), np.sort(trees[1].query(true)[0])
    limit = TOLERANCE * float(np.hypot(*size))
    precise, recalled = (np.searchsorted(far, limit) / len(far) for far in (to_true, to_found))
    both = precise + recalled
    return max(_percentile_95(to_true), _percentile_95(to_found)), 2 * precise * recalled / both if both else 0.0


def _percentile_95(ascending: np.ndarray) -> float:
    """As np.percentile, which takes longer than all the rest on as few values as these."""
    place = 0.95 * (len(ascending) - 1)
    low = int(place)
    high = min(low + 1, len(ascending) - 1)
    return float(ascending[low] + (place - low) * (ascending[high] - ascending[low]))
