"""The columns of predictions.parquet, by task. A null truth means that nobody looked; it is never scored.

Points are in pixels of the stored frame, x right and y down, pixel centres at + 0.5.
"""

from collections.abc import Mapping
from typing import Final, Literal

import pyarrow as pa

from .row_index import CLIP_COLUMNS

Task = Literal["region-point", "onset", "source", "track", "deploy"]
_REAL, _BOOL, _INT, _BYTES = pa.float32(), pa.bool_(), pa.int32(), pa.binary()

_POINT: Final = {
    **CLIP_COLUMNS,
    "x": _REAL,
    "y": _REAL,
    "visible": _BOOL,
    "confidence": _REAL,
    "true_x": _REAL,
    "true_y": _REAL,
    "true_visible": _BOOL,
    "is_query": _BOOL,
}

SCHEMAS: Final[Mapping[Task, pa.Schema]] = {
    # One row a frame with a region or point label. mask, true_mask: see mask_code; mask is null for models that draw
    # none, true_mask where nobody drew one (a frame without bleeding has an empty one). confidence: of presence.
    "region-point": pa.schema(
        {
            **CLIP_COLUMNS,
            "x": _REAL,
            "y": _REAL,
            "confidence": _REAL,
            "mask": _BYTES,
            "true_x": _REAL,
            "true_y": _REAL,
            "true_visible": _BOOL,
            "true_mask": _BYTES,
        }
    ),
    # One row a clip, frame 0. onset is null where the model saw none, true_onset where the clip never bleeds.
    "onset": pa.schema({**CLIP_COLUMNS, "onset": _INT, "confidence": _REAL, "true_onset": _INT}),
    # One row a labelled frame. is_query: the frame whose true point the model was given; it is not scored.
    "source": pa.schema(_POINT),
    "track": pa.schema(_POINT),
    # One row a labelled frame of a clip; onset and true_onset are the clip's, the same in all its rows. x and y are
    # null where the model had not found a source yet.
    "deploy": pa.schema({**_POINT, "onset": _INT, "true_onset": _INT}),
}
