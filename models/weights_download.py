"""Downloads that go on where they were cut: part of a file is never taken for all of it, and never thrown away."""

import errno
import fcntl
import http
import http.client
import json
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

from ..datasets.digest import file_digest
from ..datasets.errors import BleedkitError
from ..datasets.transaction import write_atomic

_CHUNK: Final = 1 << 20
_TRIES: Final = 5  # in a row that brought nothing
_TIMEOUT: Final = 30.0  # seconds without a byte

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class _Answer:
    """What a server sends. start: the first byte's place in the file; total: its size, None where not told.

    tag: names this version of the file, "" where the server has no name that would hold byte for byte.
    """

    body: IO[bytes]
    start: int
    total: int | None
    tag: str


class _CutShort(Exception):  # noqa: N818
    """The connection ended before the file did."""


def download(address: str, path: Path, *, sha256: str = "", pause: float = 1.0) -> None:
    """Fetch a file to `path`, whole or not at all, with a bar on a terminal; returns at once where it is there.

    What has come lies in `path`.part meanwhile. A cut connection is taken up again where it broke, five times in a row
    without a byte before it is given up, and so is a download that an earlier process began, where the server says that
    the file is still the same. pause: seconds before the second try, doubled each time. sha256: the digest wanted, or
    its first digits. Raises BleedkitError; where the digest was wrong nothing is kept.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(part) as stream:
            if path.is_file():  # another process has just brought it
                return
            with _bar(path.name) as progress:
                _fill(stream, address, _note_of(part), progress, pause)
            _check(part, sha256)
            os.replace(part, path)
            _note_of(part).unlink(missing_ok=True)
    except OSError as error:
        raise BleedkitError(_told(error, part), _remedy(error, part, address)) from error


def _fill(stream: IO[bytes], address: str, note: Path, progress: Progress, pause: float) -> None:
    """Append to the part until it is all there."""
    idle, most = 0, stream.seek(0, os.SEEK_END)
    while True:
        try:
            _receive(stream, address, note, progress)
        except (_CutShort, TimeoutError, ConnectionError, http.client.HTTPException, urllib.error.URLError) as error:
            have = stream.seek(0, os.SEEK_END)
            idle, most = (0, have) if have > most else (idle + 1, most)
            if not _worth_another(error) or idle >= _TRIES:
                raise OSError(_reason(error)) from error
            time.sleep(pause * 2**idle)
        else:
            return


def _receive(stream: IO[bytes], address: str, note: Path, progress: Progress) -> None:
    with _answer(address, stream.seek(0, os.SEEK_END), _read_note(note, address)) as answer:
        stream.truncate(answer.start)
        stream.seek(answer.start)
        write_atomic(note, json.dumps({"address": address, "tag": answer.tag}).encode())
        _check_room(stream, answer)
        came = answer.start
        progress(came, answer.total)
        while chunk := answer.body.read(_CHUNK):
            stream.write(chunk)
            came += len(chunk)
            progress(came, answer.total)
        stream.flush()
        os.fsync(stream.fileno())
    if answer.total is not None and came < answer.total:
        raise _CutShort(f"the connection ended after {came} of {answer.total} bytes")


@contextmanager
def _answer(address: str, had: int, tag: str) -> Iterator[_Answer]:
    """Ask for the file, or for its rest where we know which version of it we have the beginning of."""
    request = urllib.request.Request(address, headers={"User-Agent": "bleedkit"})  # noqa: S310 the addresses are ours
    if had and tag:
        request.add_header("Range", f"bytes={had}-")
        request.add_header("If-Range", tag)
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        error.close()
        if error.headers.get("Content-Range") == f"bytes */{had}":  # all of it had come when we were stopped
            yield _Answer(BytesIO(), had, had, tag)
            return
        with _answer(address, 0, "") as answer:
            yield answer
        return
    with response:
        yield _Answer(response, *_extent(response, had), _tag(response.headers))


def _extent(response: Any, had: int) -> tuple[int, int | None]:
    """Where in the file the body begins, and how long the file is."""
    length = response.headers.get("Content-Length")
    if getattr(response, "status", None) == http.HTTPStatus.PARTIAL_CONTENT:
        said = response.headers.get("Content-Range", "")
        if not said.startswith(f"bytes {had}-"):
            raise http.client.HTTPException(f"asked for bytes from {had}, the server sent {said or 'others'}")
        return had, had + int(length) if length is not None else None
    return 0, int(length) if length is not None else None


def _tag(headers: Any) -> str:
    etag = headers.get("ETag") or ""
    # A weak tag says that two versions mean the same, not that their bytes are the same.
    return headers.get("Last-Modified", "") if not etag or etag.startswith("W/") else etag


def _check_room(stream: IO[bytes], answer: _Answer) -> None:
    needed = (answer.total or 0) - answer.start
    free = shutil.disk_usage(Path(str(stream.name)).parent).free
    if needed > free:
        raise OSError(errno.ENOSPC, f"{needed / 1e6:.0f} MB more are needed and {free / 1e6:.0f} MB are free")


def _check(part: Path, sha256: str) -> None:
    came = file_digest(part)
    if not came.startswith(sha256):
        part.unlink()
        _note_of(part).unlink(missing_ok=True)
        raise OSError(f"what came is not the file: SHA-256 must be {sha256}, got {came}")


def _worth_another(error: Exception) -> bool:
    """Whether asking again may help: not where the server says no, or there is nobody to ask."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR
    if isinstance(error, urllib.error.URLError):
        return isinstance(error.reason, TimeoutError | ConnectionResetError)
    return True


@contextmanager
def _alone(part: Path) -> Iterator[IO[bytes]]:
    """The part, open; other processes that want the same file wait."""
    with part.open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        if not part.exists() or not os.path.samestat(part.stat(), os.fstat(stream.fileno())):
            stream.close()  # it was finished, or given up, while we waited
            with _alone(part) as again:
                yield again
            return
        try:
            yield stream
        finally:
            if part.exists() and not part.stat().st_size:
                part.unlink()
                _note_of(part).unlink(missing_ok=True)


def _note_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _read_note(note: Path, address: str) -> str:
    """The tag of the version that the part is the beginning of; "" where that is not known."""
    try:
        found = json.loads(note.read_text())
    except (OSError, ValueError):
        return ""
    return str(found["tag"]) if isinstance(found, dict) and found.get("address") == address else ""


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
        return str(error.reason)
    return str(error) or type(error).__name__


def _told(error: OSError, part: Path) -> str:
    return f"no room for {part}: {error.strerror}" if error.errno == errno.ENOSPC else str(error)


def _remedy(error: OSError, part: Path, address: str) -> str:
    if error.errno == errno.ENOSPC:
        advice = "make room"
    else:
        advice = "check the connection" if error.filename is None else "check the permissions"
    here = part.stat().st_size if part.is_file() and _read_note(_note_of(part), address) else 0
    return f"{advice}; {here / 1e6:.1f} MB are kept, and the next try goes on from there" if here else advice


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    """A bar in bytes on stderr; silent where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda came, total: bar.update(task, completed=came, total=total)
