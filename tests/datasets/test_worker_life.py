"""A worker ends with its parent, even one that was killed while the worker was busy."""

import signal
import subprocess
import sys
import time
from pathlib import Path

PARENT = """
import multiprocessing, time

from bleedkit.datasets.worker_life import end_with_parent

def busy():
    end_with_parent()
    while True:
        time.sleep(0.05)

if __name__ == "__main__":
    worker = multiprocessing.get_context("spawn").Process(target=busy)
    worker.start()
    print(worker.pid, flush=True)
    worker.join()
"""


def test_a_busy_worker_ends_with_its_killed_parent(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen([sys.executable, "-P", str(script)], stdout=subprocess.PIPE, text=True)
    worker = Path("/proc") / parent.stdout.readline().strip()
    time.sleep(1)
    assert _runs(worker)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 20
    while _runs(worker) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _runs(worker)


def _runs(process: Path) -> bool:
    """False for one that has ended and waits to be reaped."""
    try:
        return "State:\tZ" not in (process / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
