"""Work in processes of its own: one for each item, so that none that breaks, leaks or dies takes another with it."""

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from ...datasets.worker_life import end_with_parent
from ...pseudolabel.worker_process import one_thread

Item = TypeVar("Item")
Result = TypeVar("Result")
_WARM: Final = f"{__package__}.warm_start"
_PATIENCE_S: Final = 20.0  # for a training to save what it has after it was told to stop


@dataclass(frozen=True, eq=False)
class Ended(Generic[Result]):
    """An item's work is over. place: of the item; result: None where there is none, and then `error` says why."""

    place: int
    result: Result | None
    error: str = ""


@dataclass(frozen=True, eq=False)
class _Going:
    process: ForkServerProcess
    pipe: Connection
    place: int


def in_processes(
    work: Callable[[Item], Result], items: Sequence[Item], workers: int, *, log: Path
) -> Iterator[Ended[Result]]:
    """Call `work` for each item in a fresh process, `workers` at a time; what has ended comes as it ends.

    log: file that takes what they print. Work and items must be picklable. Left early, as by Ctrl-C, every process is
    told to stop and given some seconds for it. A script that uses this needs an `if __name__ == "__main__":` guard.
    """
    waiting, going = deque(range(len(items))), list[_Going]()
    try:
        while waiting or going:
            while waiting and len(going) < workers:
                place = waiting.popleft()
                going.append(_start(work, items[place], place, log))
            ready = wait([one.pipe for one in going])
            for one in [one for one in going if one.pipe in ready]:
                going.remove(one)
                yield _heard(one)
    finally:
        _stop(going)


def _start(work: Callable[[Any], Any], item: Any, place: int, log: Path) -> _Going:
    context = get_context("forkserver")
    context.set_forkserver_preload([_WARM])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(theirs, work, item, log), name=f"bleedkit-run-{place}")
    process.start()
    theirs.close()
    return _Going(process, ours, place)


def _serve(pipe: Connection, work: Callable[[Any], Any], item: Any, log: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; who started us says when to stop
    end_with_parent()
    one_thread()
    with log.open("a") as stream:
        for output in (sys.stdout, sys.stderr):
            output.flush()
            os.dup2(stream.fileno(), output.fileno())
        pipe.send(work(item))


def _heard(one: _Going) -> Ended[Any]:
    """A closed pipe is how a death is noticed; what was sent before can still be read."""
    try:
        return Ended(one.place, one.pipe.recv())
    except (EOFError, OSError):
        one.process.join()
        return Ended(one.place, None, _death(one.process.exitcode))
    finally:
        one.pipe.close()
        one.process.join()


def _stop(going: Sequence[_Going]) -> None:
    for one in going:
        one.process.terminate()
    until = time.monotonic() + _PATIENCE_S
    for one in going:
        one.process.join(max(0.0, until - time.monotonic()))
        one.process.kill()
        one.process.join()
        one.pipe.close()


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        return f"its process was killed by {signal.Signals(-code).name}, as where memory runs out"
    return f"its process ended with exit code {code}"
