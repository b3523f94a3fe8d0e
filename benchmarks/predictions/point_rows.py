"""PointRows: predicted points beside true ones, of the source, track and deploy tasks."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...datasets.checks import check_array
from .row_index import RowIndex, row_index


@dataclass(frozen=True, eq=False)
class PointRows:
    """N labelled frames. point, true_point (N, 2) float64: pixels of the stored frame, NaN where there is none.

    visible, true_visible (N,) bool; confidence (N,) float64 in [0, 1]; is_query (N,) bool: given to the model, so not
    scored. Truth says nothing about the place where it is not visible.
    """

    index: RowIndex
    point: np.ndarray
    visible: np.ndarray
    confidence: np.ndarray
    true_point: np.ndarray
    true_visible: np.ndarray
    is_query: np.ndarray

    def __post_init__(self) -> None:
        n = len(self.index)
        for name in ("point", "true_point"):
            check_array(name, getattr(self, name), (n, 2), np.float64)
        for name in ("visible", "true_visible", "is_query"):
            check_array(name, getattr(self, name), (n,), np.bool_)
        check_array("confidence", self.confidence, (n,), np.float64)
        if np.isnan(self.true_point[self.true_visible]).any():
            raise ValueError("a visible true point needs finite x and y")


def point_rows(table: pa.Table) -> PointRows:
    """The rows of a source, track or deploy table whose truth somebody gave; the index names all clips of the table.

    Raises ValueError where rows contradict each other about a clip, or where a visible true point has no place.
    """
    index = row_index(table)
    known = np.asarray(table["true_visible"].is_valid())
    table = table.filter(pa.array(known))
    return PointRows(
        RowIndex(index.clips, index.clip[known], index.frame[known]),
        points(table, "x", "y"),
        flags(table, "visible"),
        reals(table, "confidence"),
        points(table, "true_x", "true_y"),
        flags(table, "true_visible"),
        flags(table, "is_query"),
    )


def points(table: pa.Table, x: str, y: str) -> np.ndarray:
    """Two columns as (N, 2) float64; null becomes NaN."""
    return np.stack([reals(table, x), reals(table, y)], axis=1)


def reals(table: pa.Table, name: str) -> np.ndarray:
    """A column as (N,) float64; null becomes NaN."""
    return table[name].cast(pa.float64()).to_numpy(zero_copy_only=False)


def flags(table: pa.Table, name: str) -> np.ndarray:
    """A column as (N,) bool; null becomes False."""
    return table[name].fill_null(False).to_numpy(zero_copy_only=False).astype(bool)
