"""Shards: one Parquet file for each finished segment, there whole or not at all."""

import io
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..datasets.errors import BleedkitError
from ..datasets.transaction import write_atomic
from .densify import DenseTrack

_REALS: Final = (
    "x", "y", "var_x", "var_y", "cov_xy", "confidence", "forward_x", "forward_y", "backward_x", "backward_y"
)  # fmt: skip
SCHEMA: Final = pa.schema(
    [
        ("frame", pa.int32()),
        *((name, pa.float64()) for name in _REALS),
        ("visible", pa.bool_()),
        ("reason", pa.string()),
    ]
)


def shard_path(out: Path, segment_id: str) -> Path:
    """Where a segment's result lies below the run's folder."""
    return out / "shards" / f"{segment_id}.parquet"


def write_shard(path: Path, track: DenseTrack) -> None:
    """Write atomically."""
    write_atomic(path, shard_bytes(track))


def shard_bytes(track: DenseTrack) -> bytes:
    """A shard's content; the same track always gives the same bytes. What is unknown is null."""
    covariance = track.covariance
    columns = {
        "x": track.xy[:, 0],
        "y": track.xy[:, 1],
        "var_x": covariance[:, 0, 0],
        "var_y": covariance[:, 1, 1],
        "cov_xy": covariance[:, 0, 1],
        "confidence": track.confidence,
        "forward_x": track.forward[:, 0],
        "forward_y": track.forward[:, 1],
        "backward_x": track.backward[:, 0],
        "backward_y": track.backward[:, 1],
    }
    reals = {name: pa.array(values, pa.float64(), from_pandas=True) for name, values in columns.items()}
    table = pa.table({"frame": track.frames, **reals, "visible": track.visible, "reason": track.reasons}, schema=SCHEMA)
    data = io.BytesIO()
    pq.write_table(table, data, compression="zstd")
    return data.getvalue()


def read_shard(path: Path) -> DenseTrack:
    """Read a shard back. Raises BleedkitError where it is not one."""
    try:
        table = pq.read_table(path, partitioning=None).select(SCHEMA.names).cast(SCHEMA)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise BleedkitError(f"{path} is not a shard of ours ({error})", "delete it and run again") from error
    real = {name: table[name].to_numpy() for name in _REALS}
    covariance = np.stack([real["var_x"], real["cov_xy"], real["cov_xy"], real["var_y"]], -1).reshape(-1, 2, 2)
    return DenseTrack(
        frames=tuple(table["frame"].to_pylist()),
        xy=np.stack([real["x"], real["y"]], -1),
        covariance=covariance,
        visible=table["visible"].to_numpy(),
        confidence=real["confidence"],
        reasons=tuple(table["reason"].to_pylist()),
        forward=np.stack([real["forward_x"], real["forward_y"]], -1),
        backward=np.stack([real["backward_x"], real["backward_y"]], -1),
    )
