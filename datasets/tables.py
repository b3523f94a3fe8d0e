"""The cohort's Parquet tables: their columns, and rows to and from the typed model.

A missing number is null on disk and NaN in Python. Rows are sorted by clip, then frame, then order of arrival, so that
one clip is read from a few row groups and DuckDB, pandas, polars and Spark can scan the files as they are.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .schema import (
    Clip,
    Frame,
    ImageSize,
    Keypoint,
    LabelState,
    MaskLabel,
    OnsetLabel,
    PointLabel,
    Provenance,
    Review,
    ReviewItem,
)

_TEXT, _INT, _REAL, _BOOL = pa.string(), pa.int32(), pa.float64(), pa.bool_()
_LABEL: Final = {
    "state": _TEXT,
    "review": _TEXT,
    "annotator": _TEXT,
    "confidence": _REAL,
    "provenance": _TEXT,
    "supersedes": _TEXT,
    "label_id": _TEXT,
}

SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "clips": pa.schema(
        {
            "clip_id": _TEXT,
            "patient_id": _TEXT,
            "procedure_id": _TEXT,
            "fps": _REAL,
            "width": _INT,
            "height": _INT,
            "n_frames": _INT,
            "media": _TEXT,
            "media_digest": _TEXT,
            "site": _TEXT,
            "scenarios": pa.list_(_TEXT),
            "official_split": _TEXT,
        }
    ),
    "frames": pa.schema(
        {
            "clip_id": _TEXT,
            "frame": _INT,
            "path": _TEXT,
            "timestamp_s": _REAL,
            "digest": _TEXT,
            "has_image": _BOOL,
        }
    ),
    "points": pa.schema(
        {
            "clip_id": _TEXT,
            "frame": _INT,
            "target": _TEXT,
            "x": _REAL,
            "y": _REAL,
            "visible": _BOOL,
            "var_x": _REAL,
            "var_y": _REAL,
            "cov_xy": _REAL,
            **_LABEL,
        }
    ),
    "masks": pa.schema(
        {"clip_id": _TEXT, "frame": _INT, "target": _TEXT, "path": _TEXT, "digest": _TEXT, "area": _INT, **_LABEL},
    ),
    "onsets": pa.schema({"clip_id": _TEXT, "frame": _INT, "target": _TEXT, **_LABEL}),
    "review": pa.schema(
        {
            "clip_id": _TEXT,
            "frame": _INT,
            "target": _TEXT,
            "reason": _TEXT,
            "provenance": _TEXT,
            "x": _REAL,
            "y": _REAL,
        }
    ),
    # Derived by the latest pseudo-label run of a clip, which replaces them as a whole.
    "keypoints": pa.schema(
        {
            "clip_id": _TEXT,
            "frame": _INT,
            "target": _TEXT,
            "keypoint": _INT,
            "x": _REAL,
            "y": _REAL,
            "visible": _BOOL,
            "var_x": _REAL,
            "var_y": _REAL,
            "cov_xy": _REAL,
            "confidence": _REAL,
            "provenance": _TEXT,
        }
    ),
    "provenance": pa.schema(
        {
            "id": _TEXT,
            "kind": _TEXT,
            "config_json": _TEXT,
            "code_version": _TEXT,
            "weights_digest": _TEXT,
            "created_utc": _TEXT,
            "parent": _TEXT,
        }
    ),
    # Perceptual hashes of frames, computed once at build so that an audit never decodes an image.
    "hashes": pa.schema({"clip_id": _TEXT, "frame": _INT, "view": _TEXT, "phash": pa.uint64()}),
}

LABELS: Final[Mapping[str, type[PointLabel] | type[MaskLabel] | type[OnsetLabel]]] = {
    "points": PointLabel,
    "masks": MaskLabel,
    "onsets": OnsetLabel,
}
ROW_GROUP: Final = 8192


def table_of(name: str, rows: Iterable[object]) -> pa.Table:
    """Rows of the typed model as the Arrow table `name`, in the order given."""
    schema = SCHEMAS[name]
    rows = list(rows)
    columns = {field: [_cell(row, field) for row in rows] for field in schema.names}
    return pa.table(columns, schema=schema)


def rows_of(name: str, table: pa.Table) -> list[Any]:
    """The typed rows of the Arrow table `name`. Raises ValueError where a row breaks the model."""
    make = {
        "clips": _clip,
        "frames": _plain_row(Frame),
        "review": _plain_row(ReviewItem),
        "keypoints": _plain_row(Keypoint),
    }.get(name)
    if name in LABELS:
        make = _label_row(LABELS[name])
    elif name == "provenance":
        make = _plain_row(Provenance)
    if make is None:
        raise ValueError(f"table {name!r} has no typed rows")
    return [make(row) for row in table.to_pylist()]


def in_order(table: pa.Table, *, by_frame: bool = True) -> pa.Table:
    """The table sorted by clip, then frame, keeping the order of arrival; tables without clips stay as they are."""
    if "clip_id" not in table.column_names or not len(table):
        return table
    clip = np.unique(table["clip_id"].to_numpy(zero_copy_only=False), return_inverse=True)[1]
    frames = by_frame and "frame" in table.column_names
    frame = table["frame"].to_numpy() if frames else np.zeros(len(table), np.int32)
    return table.take(pa.array(np.lexsort((frame, clip))))


def write_table(path: Path, name: str, table: pa.Table) -> None:
    """Write one table as Parquet (zstd, sorted); the same rows always give the same bytes."""
    # An onset says a frame, it does not stand on one: sorted by it, the later would pass for the newer.
    table = in_order(table.select(SCHEMAS[name].names).cast(SCHEMAS[name]), by_frame=name != "onsets")
    pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP, write_statistics=True)


def concat(tables: Sequence[pa.Table], name: str) -> pa.Table:
    """The tables under one another; none at all gives an empty table of the right columns."""
    return pa.concat_tables([SCHEMAS[name].empty_table(), *tables])


def _cell(row: object, field: str) -> object:
    if isinstance(row, Clip) and field in ("width", "height"):
        return getattr(row.size, field)
    value = getattr(row, field)
    if isinstance(value, float) and math.isnan(value):
        return None
    return list(value) if isinstance(value, tuple) else value


def _clip(row: dict[str, Any]) -> Clip:
    size = ImageSize(row.pop("width"), row.pop("height"))
    return Clip(**{**row, "scenarios": tuple(row["scenarios"] or ())}, size=size)


def _plain_row(kind: type) -> Any:
    """A maker of `kind` from a dict; null numbers become NaN."""
    real = {field.name for field in dataclasses.fields(kind) if field.type is float}
    return lambda row: kind(**{k: math.nan if v is None and k in real else v for k, v in row.items()})


def _label_row(kind: type) -> Any:
    make = _plain_row(kind)

    def label(row: dict[str, Any]) -> Any:
        label_id = row.pop("label_id")
        row["state"], row["review"] = LabelState(row["state"]), Review(row["review"])
        label = make(row)
        label.__dict__["label_id"] = label_id  # the id other rows name; computing it again is half the time of reading
        return label

    return label
