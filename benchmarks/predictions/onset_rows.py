"""OnsetRows: predicted first bleeding frames beside true ones."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...datasets.checks import check_array
from .point_rows import reals
from .row_index import RowIndex, row_index


@dataclass(frozen=True, eq=False)
class OnsetRows:
    """N clips. onset, true_onset (N,) float64: frame of the clip, NaN where none is; confidence (N,) in [0, 1]."""

    index: RowIndex
    onset: np.ndarray
    confidence: np.ndarray
    true_onset: np.ndarray

    def __post_init__(self) -> None:
        for name in ("onset", "confidence", "true_onset"):
            check_array(name, getattr(self, name), (len(self.index),), np.float64)


def onset_rows(table: pa.Table) -> OnsetRows:
    """The rows of an onset table; of a deploy table, one row a clip."""
    ids = table["clip_id"].to_numpy(zero_copy_only=False).astype(str)
    table = table.take(pa.array(np.unique(ids, return_index=True)[1]))
    return OnsetRows(row_index(table), *(reals(table, name) for name in ("onset", "confidence", "true_onset")))
