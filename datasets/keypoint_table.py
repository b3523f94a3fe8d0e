"""The keypoints table, written clip by clip: it has dozens of rows for every label and is never held as a whole."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from .table_file import TableByClip
from .tables import SCHEMAS, concat, in_order

KEYPOINTS: Final = "keypoints"
_ENOUGH: Final = 65_536  # rows of a row group, so that a million short clips do not make a million groups


class KeypointWriter:
    """Writes the whole table anew: the clips it is given, and every other as it was. The same rows, the same bytes."""

    def __init__(self, clips: Iterable[str], old: Path, new: Path) -> None:
        """clips: every id of the cohort, in order. old: the present table, which may be missing; new: the next one."""
        self._waiting = iter(clips)
        self._had_one = old.exists()
        self._old, self._new = TableByClip(old, KEYPOINTS), new
        self._held: list[pa.Table] = []
        self._file: pq.ParquetWriter | None = None
        self.rows = 0

    def replace(self, clip_id: str, rows: pa.Table) -> None:
        """The clip's rows from now on. Raises ValueError where clips do not come in order, each once."""
        self._copy_up_to(clip_id)
        self._put(in_order(rows))

    def close(self) -> bool:
        """Copy the clips that are left; says whether there is a table now, as one that never had a row is no file."""
        self._copy_up_to(None)
        if self._file is not None or self._held or self._had_one:
            self._flush()
        if self._file is not None:
            self._file.close()
        return self._file is not None

    def _copy_up_to(self, last: str | None) -> None:
        """Copy the clips before `last` and leave its own old rows out; all that are left where it is None."""
        for clip_id in self._waiting:
            kept = self._old.take(clip_id)
            if clip_id == last:
                return
            self._put(kept)
        if last is not None:
            raise ValueError(f"clip {last!r} is not in the cohort, or came out of order")

    def _put(self, rows: pa.Table) -> None:
        if len(rows):
            self._held.append(rows)
            self.rows += len(rows)
        if sum(map(len, self._held)) >= _ENOUGH:
            self._flush()

    def _flush(self) -> None:
        if self._file is None:
            self._file = pq.ParquetWriter(self._new, SCHEMAS[KEYPOINTS], compression="zstd")
        self._file.write_table(concat(self._held, KEYPOINTS).combine_chunks())
        self._held = []
