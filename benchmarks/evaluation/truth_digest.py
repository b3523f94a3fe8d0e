"""The digest of what a table of predictions was scored against: equal for all models that were asked the same."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ...datasets.digest import value_digest

_VERSION: Final = b"truth-1"


def truth_digest(table: pa.Table, consensus: Mapping[str, Any] | None = None) -> str:
    """SHA-256, 64 hex digits, over clip ids, frames and every column `true_*`; the rows' order does not matter.

    What a model said is not in it, and neither is the order of the columns. Null and NaN are one. consensus: the rule
    by which several people's labels became one, with its limits, nothing where truth is people's labels: two truths
    that happen to agree on every row are not the same one.
    """
    names = sorted(name for name in table.column_names if name.startswith("true_"))
    ids = table["clip_id"].to_numpy(zero_copy_only=False).astype(str)
    frames = table["frame"].to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.lexsort((frames, ids))
    digest = hashlib.sha256(_VERSION)
    if consensus:
        digest.update(f"\0consensus\0{value_digest(dict(consensus))}".encode())
    for name in ("clip_id", "frame", *names):
        digest.update(f"\0{name}\0{len(table)}\0".encode())
        for part in _bytes(table[name], order):
            digest.update(part)
    return digest.hexdigest()


def _bytes(column: pa.ChunkedArray, order: np.ndarray) -> Iterator[bytes]:
    """A column in order: numbers as little-endian float64, which holds all of ours; strings with their lengths."""
    if pa.types.is_binary(column.type) or pa.types.is_string(column.type):
        values = column.cast(pa.binary()).to_pylist()
        for at in order:
            value = values[at]
            yield b"-" if value is None else b"%d:%b" % (len(value), value)
        return
    kind = pa.int8() if pa.types.is_boolean(column.type) else column.type
    numbers = column.cast(kind).cast(pa.float64()).to_numpy(zero_copy_only=False)[order]
    yield np.where(np.isnan(numbers), np.nan, numbers + 0.0).astype("<f8").tobytes()
