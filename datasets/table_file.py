"""A cohort's table files: lost bytes, lost columns and rows that break the model, each told in one line."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .errors import BleedkitError
from .tables import SCHEMAS, rows_of

_REMEDY: Final = "restore it or build the cohort again"


def read_table(
    path: Path, name: str, columns: Sequence[str] | None = None, filters: list[tuple[str, str, str]] | None = None
) -> pa.Table:
    """The table in its declared columns and types; columns that others added are left out.

    Raises FileNotFoundError where there is no such file, BleedkitError where it cannot be read as that table.
    """
    return _checked(
        path,
        name,
        columns,
        lambda: pq.read_table(path, columns=columns and list(columns), filters=filters, partitioning=None),
    )


def typed_rows(name: str, table: pa.Table) -> list[Any]:
    """The typed rows of a table. Raises BleedkitError where one breaks the model."""
    try:
        return rows_of(name, table)
    except (ValueError, TypeError) as error:
        raise BleedkitError(f"table {name}: {error}", "list every fault with 'bleedkit data validate'") from error


class TableByClip:
    """One table file handed out clip by clip, in id order, holding one row group at a time."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._rest = SCHEMAS[name].empty_table()
        self._file = _checked(path, name, None, lambda: pq.ParquetFile(path)) if path.exists() else None
        self._group = 0

    def take(self, clip_id: str) -> pa.Table:
        """The clip's rows; clips must be asked for in ascending order."""
        file = self._file
        while file is not None and self._group < file.num_row_groups:
            if len(self._rest) and self._rest["clip_id"][-1].as_py() > clip_id:
                break
            group = self._group
            rows = _checked(self._path, self._name, None, lambda: file.read_row_group(group))  # noqa: B023
            self._rest = pa.concat_tables([self._rest, rows])
            self._group += 1
        mine = self._rest.filter(pc.equal(self._rest["clip_id"], clip_id))
        self._rest = self._rest.filter(pc.greater(self._rest["clip_id"], clip_id))
        return mine


def _checked(path: Path, name: str, columns: Sequence[str] | None, load: Callable[[], Any]) -> Any:
    """What `load` gives, or the one line that says what is wrong with the file."""
    try:
        loaded = load()
        return _as_declared(path, name, columns, loaded) if isinstance(loaded, pa.Table) else loaded
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:  # damaged text is a UnicodeDecodeError
        raise BleedkitError(f"{path} cannot be read ({error})", _REMEDY) from error


def _as_declared(path: Path, name: str, columns: Sequence[str] | None, table: pa.Table) -> pa.Table:
    wanted = SCHEMAS[name] if columns is None else pa.schema([SCHEMAS[name].field(column) for column in columns])
    missing = ", ".join(column for column in wanted.names if column not in table.column_names)
    if missing:
        raise BleedkitError(f"{path} has no column {missing}", _REMEDY)
    table = table.select(wanted.names).cast(wanted)
    table.validate(full=True)  # text that is no UTF-8 would fail later, far from the file's name
    return table
