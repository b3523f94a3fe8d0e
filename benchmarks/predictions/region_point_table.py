"""From predictions.parquet to RegionPointRows: masks are compared once, frame by frame."""

import numpy as np
import pyarrow as pa

from .mask_code import as_coco
from .point_rows import flags, points, reals
from .region_point_rows import RegionPointRows
from .row_index import row_index


def region_point_rows(table: pa.Table) -> RegionPointRows:
    """The rows of a region-point table."""
    from pycocotools import mask as coco

    n = len(table)
    known = np.asarray(table["true_mask"].is_valid()) & np.asarray(table["mask"].is_valid())
    counts = np.zeros((3, n))
    for row in np.flatnonzero(known):
        found, true = (as_coco(table[name][int(row)].as_py()) for name in ("mask", "true_mask"))
        counts[:, row] = [coco.area(code) for code in (coco.merge([found, true], intersect=True), found, true)]
    nothing = np.full(n, np.nan)
    return RegionPointRows(
        row_index(table),
        points(table, "x", "y"),
        reals(table, "confidence"),
        points(table, "true_x", "true_y"),
        flags(table, "true_visible"),
        np.asarray(table["true_visible"].is_valid()),
        known,
        *counts,
        hausdorff_95=nothing,
        boundary_f=nothing,
    )
