"""Rows of predictions.parquet: what was answered beside what is true."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ...datasets.schema import Clip
from ..predictions.row_index import ClipFacts
from .clip_truth import Place

Row = dict[str, Any]


def clip_table(schema: pa.Schema, clip: Clip, rows: Iterable[Row]) -> pa.Table:
    """A clip's rows in frame order, with what the file says of the clip. Columns that a row leaves out are null."""
    facts = ClipFacts.of(clip).columns()
    return pa.Table.from_pylist([facts | row for row in sorted(rows, key=lambda row: row["frame"])], schema=schema)


def answered_point(xy: Sequence[float] | np.ndarray) -> Row:
    """Columns of a predicted point (2,), pixels; NaN says that there is none. Raises ValueError for other nonsense."""
    if np.shape(xy) != (2,) or np.isinf(xy).any():
        raise ValueError(f"a point is two numbers or NaN, the model said {xy}")
    x, y = (None if math.isnan(value) else float(value) for value in xy)
    return {"x": x, "y": y} if x is not None and y is not None else {"x": None, "y": None}


def true_point(place: Place) -> Row:
    """Columns of a true point; nothing is said of the place where it is not visible."""
    x, y = place or (None, None)
    return {"true_x": x, "true_y": y, "true_visible": place is not None}


def share(confidence: float) -> float | None:
    """A confidence in [0, 1]; None for NaN, which says that the model has none. Raises ValueError for others."""
    if math.isnan(confidence):
        return None
    if not 0 <= confidence <= 1:
        raise ValueError(f"a confidence must lie in [0, 1], the model said {confidence}")
    return float(confidence)
