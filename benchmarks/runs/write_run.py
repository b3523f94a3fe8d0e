"""Writing a run: predictions first, its record last, each file there whole or not at all; a finished run stays."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...datasets.digest import file_digest
from ...datasets.errors import BleedkitError
from ...datasets.transaction import write_atomic
from .record import RunRecord
from .record_file import read_record, record_text
from .run_folder import PREDICTIONS, RECORD


def record_in(folder: Path) -> RunRecord | None:
    """The record of the run in a folder, None where there is none. Raises BleedkitError where it cannot be read."""
    return read_record(folder / RECORD).record if (folder / RECORD).exists() else None


def write_record(folder: Path, record: RunRecord) -> None:
    """Write run.json. Raises BleedkitError where a finished run lies there: runs are added, never changed."""
    before = record_in(folder)
    if before is not None and before.state == "done":
        what = f"{folder} holds a finished run, and finished runs are never written again"
        raise BleedkitError(what, "choose another --out, or move that folder away")
    write_atomic(folder / RECORD, record_text(record).encode())


def write_predictions(folder: Path, table: pa.Table) -> str:
    """Write predictions.parquet in order of clip and frame; returns its digest. Equal rows give equal bytes."""
    write_atomic(folder / PREDICTIONS, parquet_bytes(in_order(table)))
    return file_digest(folder / PREDICTIONS)


def in_order(table: pa.Table) -> pa.Table:
    """The rows by clip and frame, in one chunk."""
    return table.sort_by([("clip_id", "ascending"), ("frame", "ascending")]).combine_chunks()


def parquet_bytes(table: pa.Table) -> bytes:
    """A table as a Parquet file."""
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd", row_group_size=2**16)
    return stream.getvalue()
