"""RegionPointRows: predicted regions and points beside true ones, with what each frame's masks have in common."""

from dataclasses import dataclass

import numpy as np

from ...datasets.checks import check_array
from .row_index import RowIndex


@dataclass(frozen=True, eq=False)
class RegionPointRows:
    """N frames.

    point, true_point (N, 2) float64: pixels of the stored frame; NaN where there is none. confidence (N,) float64: of
    presence, NaN where the model gave none. point_known (N,) bool: somebody looked for the source; true_visible (N,)
    bool: and it is there.

    region_known (N,) bool: somebody drew the region, and the model is one that draws regions; region_answered (N,)
    bool: and it drew one here, were it an empty one. Where it did not, a known frame counts as missed in every score:
    silence is never left out of one. both, area, true_area (N,) float64: pixels of the grid (see mask_code) in both
    masks, in the predicted, in the true one; 0 where not known. hausdorff_95 (N,) float64: pixels of the stored frame,
    NaN where either mask is empty; boundary_f (N,) float64 in [0, 1], NaN where not known. See region_distance.
    """

    index: RowIndex
    point: np.ndarray
    confidence: np.ndarray
    true_point: np.ndarray
    true_visible: np.ndarray
    point_known: np.ndarray
    region_known: np.ndarray
    region_answered: np.ndarray
    both: np.ndarray
    area: np.ndarray
    true_area: np.ndarray
    hausdorff_95: np.ndarray
    boundary_f: np.ndarray

    def __post_init__(self) -> None:
        n = len(self.index)
        for name in ("point", "true_point"):
            check_array(name, getattr(self, name), (n, 2), np.float64)
        for name in ("true_visible", "point_known", "region_known", "region_answered"):
            check_array(name, getattr(self, name), (n,), np.bool_)
        for name in ("confidence", "both", "area", "true_area", "hausdorff_95", "boundary_f"):
            check_array(name, getattr(self, name), (n,), np.float64)
