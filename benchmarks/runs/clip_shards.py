"""The finished clips of an evaluation that is going on: one file each, there whole or not at all.

A file is named by all that its rows hang on, so that those of other settings are never taken for these.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from ...datasets.digest import value_digest
from ...datasets.transaction import write_atomic
from .write_run import parquet_bytes

_FRAMES: Final = b"bleedkit_frames"
_SECONDS: Final = b"bleedkit_seconds"


@dataclass(frozen=True, eq=False)
class Shard:
    """A clip's rows. frames, seconds: how many the model answered, and in what time, decoding left out."""

    rows: pa.Table
    frames: int
    seconds: float


@dataclass(frozen=True)
class ClipShards:
    """folder: of the shards. settings: digest of all that the rows of any clip hang on."""

    folder: Path
    settings: str

    def path(self, clip_id: str) -> Path:
        """Where a clip's shard is to lie."""
        return self.folder / f"{value_digest([self.settings, clip_id])[:32]}.parquet"

    def read(self, clip_id: str) -> Shard | None:
        """A finished clip; None where it is to be done, or done again as the file is damaged."""
        try:
            table = pq.read_table(self.path(clip_id), partitioning=None)
            told = dict(table.schema.metadata or {})
            return Shard(table.replace_schema_metadata(), int(told[_FRAMES]), float(told[_SECONDS]))
        except (OSError, pa.ArrowException, KeyError, ValueError):
            return None

    def write(self, clip_id: str, shard: Shard) -> None:
        """Keep a finished clip. Raises BleedkitError where the disk does not take it."""
        told = {_FRAMES: str(shard.frames), _SECONDS: repr(shard.seconds)}
        write_atomic(self.path(clip_id), parquet_bytes(shard.rows.replace_schema_metadata(told)))

    def sweep(self, keep: Collection[str]) -> None:
        """Remove what is no shard of these clips: of other settings, or half-written."""
        kept = {self.path(clip_id) for clip_id in keep}
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            if path not in kept:
                path.unlink()
