"""Shards: one Parquet file for each finished segment, there whole or not at all.

A row is a point in a frame: point 0 is the target, the others are its pseudo-keypoints. Points follow each other, each
in frame order. What is unknown is null; of a keypoint the reason and the raw tracks are not kept.
"""

import io
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..datasets.errors import BleedkitError
from .dense_track import DenseTrack
from .keypoints import KeypointTracks

_PLACE: Final = ("x", "y", "var_x", "var_y", "cov_xy", "confidence")
_RAW: Final = ("forward_x", "forward_y", "backward_x", "backward_y")
SCHEMA: Final = pa.schema(
    [
        ("point", pa.int32()),
        ("frame", pa.int32()),
        *((name, pa.float64()) for name in (*_PLACE, *_RAW)),
        ("visible", pa.bool_()),
        ("reason", pa.string()),
    ]
)


def shard_path(out: Path, segment_id: str) -> Path:
    """Where a segment's result lies below the run's folder."""
    return out / "shards" / f"{segment_id}.parquet"


def shard_bytes(track: DenseTrack) -> bytes:
    """A shard's content; the same track always gives the same bytes."""
    points, frames = 1 + len(track.keypoints), len(track.frames)
    keypoints = track.keypoints if len(track.keypoints) else KeypointTracks.none(frames)
    xy = np.concatenate([track.xy[None], keypoints.xy])
    covariance = np.concatenate([track.covariance[None], keypoints.covariance])
    raw = np.full((points, frames, 4), np.nan)
    raw[0] = np.concatenate([track.forward, track.backward], axis=1)
    columns = {
        "x": xy[..., 0],
        "y": xy[..., 1],
        "var_x": covariance[..., 0, 0],
        "var_y": covariance[..., 1, 1],
        "cov_xy": covariance[..., 0, 1],
        "confidence": np.concatenate([track.confidence[None], keypoints.confidence]),
        **{name: raw[..., i] for i, name in enumerate(_RAW)},
    }
    table = pa.table(
        {
            "point": np.repeat(np.arange(points), frames),
            "frame": np.tile(np.array(track.frames, np.int32), points),
            **{name: pa.array(values.reshape(-1), pa.float64(), from_pandas=True) for name, values in columns.items()},
            "visible": np.concatenate([track.visible[None], keypoints.visible]).reshape(-1),
            "reason": [*track.reasons, *[None] * (frames * (points - 1))],
        },
        schema=SCHEMA,
    )
    data = io.BytesIO()
    pq.write_table(table, data, compression="zstd")
    return data.getvalue()


def read_shard(path: Path, *, keypoints: bool = True) -> DenseTrack:
    """Read a shard back; without its keypoints where they are not asked for. Raises BleedkitError where it is none."""
    target_only = None if keypoints else [("point", "==", 0)]
    try:
        table = pq.read_table(path, partitioning=None, filters=target_only).select(SCHEMA.names).cast(SCHEMA)
        return _track(table)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise BleedkitError(f"{path} is not a shard of ours ({error})", "delete it and run again") from error


def _track(table: pa.Table) -> DenseTrack:
    """The track of a shard's rows. Raises ValueError where the points have not the same frames."""
    points = 1 + max(table["point"].to_pylist(), default=0)
    frames = table["frame"].to_numpy().reshape(points, -1)
    real = {name: table[name].to_numpy().reshape(frames.shape) for name in (*_PLACE, *_RAW)}
    xy = np.stack([real["x"], real["y"]], -1)
    covariance = np.stack([real["var_x"], real["cov_xy"], real["cov_xy"], real["var_y"]], -1).reshape(*xy.shape, 2)
    visible = table["visible"].to_numpy().reshape(frames.shape)
    return DenseTrack(
        frames=tuple(frames[0].tolist()),
        xy=xy[0],
        covariance=covariance[0],
        visible=visible[0],
        confidence=real["confidence"][0],
        reasons=tuple(table["reason"].to_pylist()[: frames.shape[1]]),
        forward=np.stack([real["forward_x"][0], real["forward_y"][0]], -1),
        backward=np.stack([real["backward_x"][0], real["backward_y"][0]], -1),
        keypoints=KeypointTracks(xy[1:], covariance[1:], visible[1:], real["confidence"][1:]),
    )
