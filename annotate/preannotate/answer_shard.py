"""A clip's answer as one Parquet file: a row a point, region or onset, masks as the PNG files they will be."""

import io
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ...datasets.errors import BleedkitError
from ...datasets.mask_store import MaskFile
from .clip_answer import ClipAnswer, OnsetSaid, PointSaid, RegionSaid

_POINT, _REGION, _ONSET = "point", "region", "onset"
SCHEMA: Final = pa.schema(
    [
        ("kind", pa.string()),
        ("frame", pa.int32()),
        ("confidence", pa.float64()),
        ("x", pa.float64()),
        ("y", pa.float64()),
        ("visible", pa.bool_()),
        ("path", pa.string()),
        ("digest", pa.string()),
        ("area", pa.int64()),
        ("png", pa.binary()),
    ]
)


def shard_bytes(answer: ClipAnswer) -> bytes:
    """A shard's content; the same answer always gives the same bytes."""
    rows: list[dict[str, Any]] = [
        {"kind": _POINT, "frame": p.frame, "confidence": p.confidence, "x": p.x, "y": p.y, "visible": p.visible}
        for p in answer.points
    ]
    for region in answer.regions:
        mask = region.mask
        file = {"path": mask.path, "digest": mask.digest, "area": mask.area, "png": mask.data}
        rows.append({"kind": _REGION, "frame": region.frame, "confidence": region.confidence, **file})
    if answer.onset is not None:
        rows.append({"kind": _ONSET, "frame": answer.onset.frame, "confidence": answer.onset.confidence})
    data = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), data, compression="zstd")
    return data.getvalue()


def read_shard(path: Path) -> ClipAnswer:
    """Read a shard back. Raises BleedkitError where it is none."""
    try:
        rows = pq.read_table(path, partitioning=None).select(SCHEMA.names).cast(SCHEMA).to_pylist()
        onset = next((OnsetSaid(row["frame"], row["confidence"]) for row in rows if row["kind"] == _ONSET), None)
        return ClipAnswer(
            tuple(_point(row) for row in rows if row["kind"] == _POINT),
            tuple(_region(row) for row in rows if row["kind"] == _REGION),
            onset,
        )
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise BleedkitError(f"{path} is not a shard of ours ({error})", "delete it and run again") from error


def _point(row: dict[str, Any]) -> PointSaid:
    return PointSaid(row["frame"], row["x"], row["y"], row["visible"], row["confidence"])


def _region(row: dict[str, Any]) -> RegionSaid:
    mask = MaskFile(row["path"], row["digest"], row["area"], row["png"])
    return RegionSaid(row["frame"], mask, row["confidence"])
