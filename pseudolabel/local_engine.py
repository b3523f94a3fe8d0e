"""The local engine: worker processes on this machine, each at the end of a pipe of its own."""

import signal
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from .clip_job import Answer, ClipJob
from .engines import Ended, Event, Setup
from .local_worker import serve


@dataclass
class _Member:
    process: SpawnProcess
    pipe: Connection
    busy: bool = False


class LocalEngine:
    """`workers` spawned processes. A script that uses it needs Python's `if __name__ == "__main__":` guard.

    Whatever ends a process closes its pipe, and what it sent before can still be read: a closed pipe is how a death
    is noticed, and no answer is lost by it.
    """

    def __init__(self, setup: Setup, workers: int) -> None:
        self._setup = setup
        self._members = [self._hired(place) for place in range(workers)]

    @property
    def free(self) -> list[int]:
        """Workers without a job."""
        return [number for number, member in enumerate(self._members) if not member.busy]

    def submit(self, worker: int, job: ClipJob[Any]) -> None:
        """Send it."""
        member = self._members[worker]
        member.busy = True
        _send(member.pipe, job)

    def events(self, timeout: float) -> list[Event]:
        """One event of each worker that has something to say."""
        ready = wait([member.pipe for member in self._members], timeout)
        told = [number for number, member in enumerate(self._members) if member.pipe in ready]
        return [(number, event) for number in told if (event := self._heard(number)) is not None]

    def close(self) -> None:
        """End the processes, whatever they are at."""
        for member in self._members:
            member.process.kill()
            member.pipe.close()
        for member in self._members:
            member.process.join()

    def _heard(self, number: int) -> Answer | Ended | None:
        member = self._members[number]
        try:
            event: Answer | Ended = member.pipe.recv()
        except (EOFError, OSError):
            return self._replaced(number)
        if isinstance(event, Ended):
            member.busy = False
            if event.error:  # it ends itself
                self._replaced(number)
        return event

    def _replaced(self, number: int) -> Ended | None:
        """A new process in the place of a dead one; what to say of the job it had."""
        member = self._members[number]
        member.process.join()
        member.pipe.close()
        self._members[number] = self._hired(number)
        return Ended(_death(member.process.exitcode)) if member.busy else None

    def _hired(self, place: int) -> _Member:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs,), name=f"bleedkit-worker-{place}")
        process.start()
        theirs.close()
        _send(ours, (self._setup, place))
        return _Member(process, ours)


def _send(pipe: Connection, message: object) -> None:
    """To a worker that may just have died, which `events` will notice."""
    with suppress(OSError):
        pipe.send(message)


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        return f"its worker process was killed by {signal.Signals(-code).name}"
    return f"its worker process ended with exit code {code}"
