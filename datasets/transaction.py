"""Several files replaced as one: a kill at any instant leaves all of the old or all of the new.

New files are staged in `.staging-*/`. Renaming that folder to `.commit/` is the one atomic step: before it nothing has
happened, after it everything has. The files then move to their places; whoever comes next finishes the moves.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import BleedkitError

COMMIT = ".commit"
_STAGING = ".staging-"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's writer lock; other writers wait. Finishes what a killed writer left half moved."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        roll_forward(folder)
        for leftover in folder.glob(f"{_STAGING}*"):
            shutil.rmtree(leftover)
        yield


@contextmanager
def transaction(folder: Path) -> Iterator[Path]:
    """Yield a staging folder; on a clean exit its files replace those of the same relative path in `folder`.

    Call under `locked`. An exception discards the staging folder and changes nothing.
    """
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=folder))
    try:
        yield staging
        for path in staging.rglob("*"):
            _sync(path)
        _sync(staging)
        os.replace(staging, folder / COMMIT)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    _sync(folder)
    roll_forward(folder)


def roll_forward(folder: Path) -> None:
    """Move every committed file to its place. Does nothing where no commit is pending; safe to repeat."""
    commit = folder / COMMIT
    if not commit.is_dir():
        return
    for path in sorted(commit.rglob("*")):
        if path.is_file():
            place = folder / path.relative_to(commit)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, place)
    _sync(folder)
    shutil.rmtree(commit)


def current(folder: Path, name: str) -> Path:
    """Where `name` is to be read now: in a commit not yet moved, else in its place. Needs no write access."""
    pending = folder / COMMIT / name
    return pending if pending.exists() else folder / name


def write_atomic(path: Path, data: bytes) -> None:
    """Write one file through a temporary neighbour and `os.replace`; its folder is made where there is none.

    Raises BleedkitError where it cannot be written, and leaves nothing behind.
    """
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        raise BleedkitError(f"{path} cannot be written ({error.strerror})", "check space and permissions") from error
    finally:
        if name:
            Path(name).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
