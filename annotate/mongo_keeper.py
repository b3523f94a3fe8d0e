"""Keeps one MongoDB server alive while anybody uses its folder, then stops it; runs as a process of its own.

Whoever uses the database holds a shared lock on `users.lock`. The kernel drops that lock however the holder ends, so
the keeper, which waits for the exclusive lock, always gets to stop the server: no orphan after Ctrl-C, SIGTERM or
SIGKILL.
"""

import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

USERS_LOCK: Final = "users.lock"
SERVER_FILE: Final = "server.json"  # {"keeper": pid, "port": port} while the server answers
LOG_FILE: Final = "mongod.log"
START_TIMEOUT_S: Final = 60.0
_PR_SET_PDEATHSIG: Final = 1


def keep(folder: Path, binary: Path) -> int:
    """Start the server, publish its port in `server.json`, wait for the last user to leave, stop it; exit status."""
    port = free_port()
    log = (folder / LOG_FILE).open("wb")
    command = [
        str(binary), "--dbpath", str(folder / "db"), "--port", str(port), "--bind_ip", "127.0.0.1",
        "--nounixsocket", "--quiet", "--wiredTigerCacheSizeGB", "1",
        "--slowms", "86400000",  # slow queries would be logged with their values: clip and patient ids
        "--setParameter", "diagnosticDataCollectionEnabled=false",
    ]  # fmt: skip
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)  # noqa: PLW1509 - one thread
    try:
        if not serves_within(server, port, START_TIMEOUT_S):
            return 1
        _publish(folder, port)
        with (folder / USERS_LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _withdraw(folder)
            stop(server)  # under the lock, so that the next user starts on a closed database
    finally:
        stop(server)
    return 0


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether something listens on that port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def serves_within(server: "subprocess.Popen[bytes]", port: int, timeout_s: float) -> bool:
    """Wait until a process that we started listens on that port of 127.0.0.1; False where it ends or takes longer.

    That the port answers would not be enough: another server, started at the same moment, may have been quicker.
    """
    end = time.monotonic() + timeout_s
    while time.monotonic() < end and server.poll() is None:
        if _listens(server.pid, port):
            return True
        time.sleep(0.05)
    return False


def _listens(pid: int, port: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        server = psutil.Process(pid)
        for process in (server, *server.children(recursive=True)):
            for connection in process.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                    return True
    return False


def _publish(folder: Path, port: int) -> None:
    draft = folder / f".{SERVER_FILE}"
    draft.write_text(json.dumps({"keeper": os.getpid(), "port": port}), encoding="utf-8")
    os.replace(draft, folder / SERVER_FILE)


def _withdraw(folder: Path) -> None:
    """Remove `server.json`, unless another keeper has replaced it because this server stopped answering."""
    try:
        if json.loads((folder / SERVER_FILE).read_text(encoding="utf-8"))["keeper"] == os.getpid():
            (folder / SERVER_FILE).unlink()
    except FileNotFoundError:
        pass


def stop(server: "subprocess.Popen[bytes]") -> None:
    """End a child process: asked first, killed after 30 s."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def die_with_parent() -> None:
    """Linux only: the server ends with its keeper, even if that is killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1]), Path(sys.argv[2])))
