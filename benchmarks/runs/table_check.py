"""Whether predictions are what an evaluation leaves: the right columns, each frame once, numbers that can be."""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...datasets.errors import BleedkitError
from ..predictions.row_index import CLIP_COLUMNS

MOST_ROWS: Final = 20_000_000
MOST_BYTES: Final = 16 * 2**30
_AGAIN: Final = "move the run away and give its command again"
_NEVER_NULL: Final = ("visible", "is_query")


def read_predictions(path: Path, schema: pa.Schema) -> pa.Table:
    """The rows of a predictions.parquet with exactly these columns, checked. Raises BleedkitError where it has others.

    Whatever the bytes are, no code in them is run, and sizes are looked at before anything is unpacked.
    """
    try:
        with pq.ParquetFile(path) as file:
            _check_size(file.metadata, path)
            if not file.schema_arrow.remove_metadata().equals(schema):
                raise BleedkitError(f"{path} {_other_columns(file.schema_arrow, schema)}", _AGAIN)
            table = file.read().replace_schema_metadata()
            table.validate(full=True)
    except (OSError, pa.ArrowException, ValueError, MemoryError) as error:
        raise BleedkitError(f"{path} cannot be read as Parquet ({error})", _AGAIN) from error
    if fault := table_fault(table):
        raise BleedkitError(f"{path} {fault}", _AGAIN)
    return table


def table_fault(table: pa.Table) -> str:
    """What cannot be in a table of one of SCHEMAS; "" for nothing."""
    if not len(table):
        return "has no rows"
    for name in (*CLIP_COLUMNS, *_NEVER_NULL):
        if name in table.column_names and table[name].null_count:
            return f"has rows without {name}"
    for name in table.column_names:
        if pa.types.is_floating(table.schema.field(name).type) and not _all(pc.is_finite(table[name])):
            return f"has a {name} that is not finite"
    return _fault_of_facts(table) or _fault_of_frames(table) or _fault_of_answers(table)


def _check_size(metadata: pq.FileMetaData, path: Path) -> None:
    size = sum(metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups))
    if metadata.num_rows > MOST_ROWS or not 0 <= size <= MOST_BYTES:
        what = f"{path} claims {metadata.num_rows:,} rows of {size:,} bytes"
        raise BleedkitError(f"{what}; predictions have at most {MOST_ROWS:,} and {MOST_BYTES:,}", _AGAIN)


def _other_columns(found: pa.Schema, wanted: pa.Schema) -> str:
    for field in wanted:
        if field.name not in found.names:
            return f"lacks the column {field.name}"
        if not found.field(field.name).type.equals(field.type):
            return f"has {field.name} as {found.field(field.name).type}, wanted {field.type}"
    more = [name for name in found.names if name not in wanted.names]
    return f"has a column {more[0]} too many" if more else "has its columns in another order"


def _fault_of_facts(table: pa.Table) -> str:
    """Every row of a clip says the same of it, and nothing impossible."""
    least = {"fps": np.finfo(np.float64).tiny, "width": 1, "height": 1, "n_frames": 1}
    for name, limit in least.items():
        if pc.min(table[name]).as_py() < limit:
            return f"has a clip whose {name} is {pc.min(table[name]).as_py()}"
    for name in ("clip_id", "patient_id"):
        if pc.any(pc.equal(table[name], "")).as_py():
            return f"has an empty {name}"
    facts = table.select([name for name in CLIP_COLUMNS if name != "frame"])
    first = facts.take(pa.array(np.unique(_clips(table), return_index=True)[1]))
    by_clip = {row["clip_id"]: row for row in first.to_pylist()}
    plain = [name for name in facts.column_names if name != "scenarios"]
    if facts.group_by(plain).aggregate([]).num_rows != len(by_clip):
        return "contradicts itself about a clip"
    scenarios = table["scenarios"].to_pylist()
    if any(said != by_clip[clip]["scenarios"] for clip, said in zip(_clips(table), scenarios, strict=True)):
        return "contradicts itself about a clip's scenarios"
    return ""


def _fault_of_frames(table: pa.Table) -> str:
    frame, n_frames = (table[name].to_numpy() for name in ("frame", "n_frames"))
    outside = (frame < 0) | (frame >= n_frames)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        return f"has frame {frame[row]} of clip {_clips(table)[row]}, which has {n_frames[row]}"
    if table.select(["clip_id", "frame"]).group_by(["clip_id", "frame"]).aggregate([]).num_rows != len(table):
        return "has a frame twice"
    return ""


def _fault_of_answers(table: pa.Table) -> str:
    if "confidence" in table.column_names:
        confidence = table["confidence"].drop_null()
        if len(confidence) and not (pc.min(confidence).as_py() >= 0 and pc.max(confidence).as_py() <= 1):
            return "has a confidence outside 0 to 1"
    for x, y in (("x", "y"), ("true_x", "true_y")):
        if x in table.column_names and not table[x].is_null().combine_chunks().equals(
            table[y].is_null().combine_chunks()
        ):
            return f"has an {x} without a {y}"
    for name in ("onset", "true_onset"):
        if name in table.column_names:
            inside = pc.and_(pc.greater_equal(table[name], 0), pc.less(table[name], table["n_frames"]))
            if not _all(inside):
                return f"has an {name} outside its clip"
    if "true_visible" in table.column_names:
        place = pc.is_valid(table["true_x"])
        if pc.any(pc.and_(pc.fill_null(table["true_visible"], False), pc.invert(place))).as_py():
            return "has a visible true point without a place"
    return ""


def _clips(table: pa.Table) -> np.ndarray:
    return table["clip_id"].to_numpy(zero_copy_only=False)


def _all(values: pa.ChunkedArray) -> bool:
    """Whether none is false; null is not, nor is nothing at all."""
    return bool(pc.all(values, min_count=0).as_py())
