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
    """One row a clip of an onset or deploy table, in order of clip_id.

    Raises ValueError where rows contradict each other about a clip, its onsets among it.
    """
    index = row_index(table)
    first = np.unique(index.clip, return_index=True)[1]
    for name in ("onset", "true_onset"):
        values = reals(table, name)
        same = np.equal(values, values[first][index.clip]) | (np.isnan(values) & np.isnan(values[first][index.clip]))
        if not same.all():
            wrong = index.clips[index.clip[np.flatnonzero(~same)[0]]].clip_id
            raise ValueError(f"rows of clip {wrong} contradict each other in {name}")
    return OnsetRows(
        RowIndex(index.clips, index.clip[first], index.frame[first]),
        *(reals(table, name)[first] for name in ("onset", "confidence", "true_onset")),
    )
