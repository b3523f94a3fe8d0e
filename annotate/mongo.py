"""FiftyOne's database: a MongoDB server on 127.0.0.1 that is started when needed and always stopped again."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

from ..datasets.errors import BleedkitError
from .mongo_keeper import LOG_FILE, SERVER_FILE, START_TIMEOUT_S, USERS_LOCK, answers

URI_VARIABLE: Final = "FIFTYONE_DATABASE_URI"
QUIET: Final = {
    "FIFTYONE_DO_NOT_TRACK": "1",
    "FIFTYONE_LOGGING_LEVEL": "ERROR",  # its messages go to stdout, where `--json` must be alone
    "FIFTYONE_SHOW_PROGRESS_BARS": "false",
}


def default_folder() -> Path:
    """Where the database of `bleedkit annotate` lives: `$XDG_DATA_HOME/bleedkit/mongo`."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "bleedkit" / "mongo"


@contextmanager
def running_mongod(folder: Path | None = None) -> Iterator[str]:
    """Yield the URI of a running MongoDB whose data lie in `folder`, and point FiftyOne at it.

    Several processes may use one folder at the same time: they share one server, which stops when the last of them has
    left, however it ended. Where FIFTYONE_DATABASE_URI is set already, or FiftyOne is connected already (a notebook),
    that database is used and nothing is started. Raises BleedkitError where there is no `mongod` or it does not start.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    uri = os.environ.get(URI_VARIABLE) or _connected_uri()
    if uri:
        yield uri
        return
    with _server(folder or default_folder()) as port:
        uri = f"mongodb://127.0.0.1:{port}"
        os.environ[URI_VARIABLE] = uri
        _tell_fiftyone(uri)
        try:
            yield uri
        finally:
            del os.environ[URI_VARIABLE]
            _disconnect()


def find_mongod() -> Path:
    """The `mongod` program. Raises BleedkitError, saying how to get one, where there is none."""
    spec = find_spec("fiftyone")  # finds the package without importing it, which takes seconds
    bundled = Path(spec.origin).parent / "db" / "bin" / "mongod" if spec and spec.origin else None
    if bundled and bundled.is_file():
        return bundled
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    raise BleedkitError(
        "there is no 'mongod', which FiftyOne keeps its data in",
        f"pip install 'bleedkit[mongod]' (Linux), install MongoDB 6 or newer, or set {URI_VARIABLE} to a running one",
    )


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    """Hold the folder's users lock and yield the port of its server, which is started where none runs."""
    (folder / "db").mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    keeper: subprocess.Popen[bytes] | None = None
    with (folder / USERS_LOCK).open("a") as users:
        with (folder / "start.lock").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)  # waits for a server that is just being stopped
            port = _running_port(folder)
            if port is None:
                keeper = _start_keeper(folder)
                port = _wait_for_port(folder, keeper)
        try:
            yield port
        finally:
            if _is_last(users):
                fcntl.flock(users, fcntl.LOCK_UN)
                _wait_until_stopped(folder, keeper)


def _running_port(folder: Path) -> int | None:
    """Port of the folder's server; None where none answers. Clears what a crash left behind."""
    try:
        port: int = json.loads((folder / SERVER_FILE).read_text(encoding="utf-8"))["port"]
    except (FileNotFoundError, ValueError, KeyError):
        return None
    if answers(port):
        return port
    (folder / SERVER_FILE).unlink(missing_ok=True)
    return None


def _start_keeper(folder: Path) -> "subprocess.Popen[bytes]":
    # -P: the folder one stands in may hold a `datasets` or `json` of its own. A session of its own: Ctrl-C in the
    # terminal must not stop the database before its user has finished writing.
    command = [sys.executable, "-P", "-m", "bleedkit.annotate.mongo_keeper", str(folder.resolve()), str(find_mongod())]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)


def _wait_for_port(folder: Path, keeper: "subprocess.Popen[bytes]") -> int:
    end = time.monotonic() + START_TIMEOUT_S
    while keeper.poll() is None and time.monotonic() < end:
        if (folder / SERVER_FILE).exists():
            port = _running_port(folder)
            if port is not None:
                return port
        time.sleep(0.02)
    keeper.terminate()
    raise BleedkitError(
        f"mongod did not start on {folder}: {_last_error(folder / LOG_FILE)}",
        f"see {folder / LOG_FILE}; check space and permissions, or set {URI_VARIABLE}",
    )


def _last_error(log: Path) -> str:
    """The most telling line of a mongod log: its last error or fatal entry."""
    told = "no reason given"
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            told = line.strip() or told
            continue
        if entry.get("s") in ("E", "F"):
            told = str(entry.get("attr", {}).get("error") or entry.get("msg"))
    return told


def _is_last(users: IO[str]) -> bool:
    """Whether nobody else uses the database."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _keeper_came_first(users)
    return True


def _keeper_came_first(users: IO[str]) -> bool:
    """Turning a shared lock into an exclusive one lets it go in between, and the waiting keeper may take it then."""
    try:
        fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _wait_until_stopped(folder: Path, keeper: "subprocess.Popen[bytes] | None") -> None:
    """Wait for the server to close its files, so that the folder may be moved or deleted."""
    if keeper is not None:
        keeper.wait(60)
        return
    with (folder / USERS_LOCK).open("a") as users:  # another process's keeper: it holds the lock while it stops
        end = time.monotonic() + 30
        while (folder / SERVER_FILE).exists() and time.monotonic() < end:
            time.sleep(0.02)
        fcntl.flock(users, fcntl.LOCK_SH)


def _connected_uri() -> str:
    """Address of the database that an imported FiftyOne is connected to; "" where it is not."""
    database = sys.modules.get("fiftyone.core.odm.database")
    if database is None or database._client is None:
        return ""
    host, port = database._client.address
    return f"mongodb://{host}:{port}"


def _tell_fiftyone(uri: str) -> None:
    """FiftyOne reads the variable only when it is imported."""
    if "fiftyone" in sys.modules:
        sys.modules["fiftyone"].config.database_uri = uri


def _disconnect() -> None:
    """Close FiftyOne's connections, or its clean-up at exit would wait 30 s for a server that is gone."""
    database = sys.modules.get("fiftyone.core.odm.database")
    if database is not None:
        database._disconnect()
