"""The FiftyOne App on a pushed dataset: its server is started, and always stopped again."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import IO, Final
from urllib.parse import quote

from ..datasets.errors import BleedkitError
from .fiftyone_dataset import load_dataset
from .mongo_keeper import answers, die_with_parent, free_port, serves_within, stop

ADDRESS: Final = "127.0.0.1"  # never other machines: the App asks nobody for a password
DEFAULT_PORT: Final = 5151
START_TIMEOUT_S: Final = 120.0


@contextmanager
def running_app(name: str, *, port: int | None = None) -> Iterator[str]:
    """Serve the App and yield its address, opened on dataset `name`; call within `running_mongod`.

    port: 5151 by default, or any free one where that is taken. Raises BleedkitError where there is no such dataset,
    or the App does not start.
    """
    dataset = load_dataset(name)
    with app_server(port) as (at, _):
        yield app_url(dataset.name, at)


def app_url(name: str, port: int) -> str:
    """Where the App shows a dataset: by its name, as it does not know datasets by their slug."""
    return f"http://{ADDRESS}:{port}/datasets/{quote(name, safe='')}"


@contextmanager
def app_server(
    port: int | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Serve the App; yields its port and its process. environment: variables beside this process's own.

    Raises BleedkitError where the port is taken or the App does not start.
    """
    if port is not None and answers(port):
        raise BleedkitError(f"port {port} is in use", "choose another --port, or leave it out")
    at = port or (free_port() if answers(DEFAULT_PORT) else DEFAULT_PORT)
    with tempfile.TemporaryFile() as log, ExitStack() as stack:
        server = stack.enter_context(_started(at, environment or {}, log))
        if not serves_within(server, at, START_TIMEOUT_S) and port is None and answers(at):
            at = free_port()  # somebody who started at the same moment was quicker
            server = stack.enter_context(_started(at, environment or {}, log))
        if not serves_within(server, at, START_TIMEOUT_S):
            log.seek(0)
            told = log.read().decode(errors="replace").strip()
            reason = told.splitlines()[-1] if told else "no reason given"
            raise BleedkitError(f"the FiftyOne App did not start on port {at}: {reason}", "try another --port")
        yield at, server


@contextmanager
def _started(port: int, environment: Mapping[str, str], log: IO[bytes]) -> "Iterator[subprocess.Popen[bytes]]":
    # Not fiftyone.launch_app: it waits for its server in steps of ten seconds and says so on stdout.
    command = [sys.executable, "-P", "-m", "fiftyone.server.main", "--address", ADDRESS, "--port", str(port)]
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env={**os.environ, **environment},
        preexec_fn=die_with_parent,  # noqa: PLW1509 - one thread
    )
    try:
        yield server
    finally:
        stop(server)
