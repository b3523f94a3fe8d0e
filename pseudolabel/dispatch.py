"""The driver's loop: hands jobs out, keeps what comes back, tries again what may yet work, sets aside what will not."""

import heapq
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..datasets.errors import BleedkitError
from ..datasets.transaction import write_atomic
from .clip_job import Answer, ClipJob, Done, Started, jobs_of
from .engines import Ended, Engine
from .ledger import Ledger
from .run_log import RunLog
from .shards import shard_path
from .work_unit import WorkUnit

LOST_IN_A_ROW: Final = 10  # workers, with no unit done between: then it is not the units' fault
_TICK_S: Final = 1.0


@dataclass
class _Held:
    """What a busy worker has in hand. unit: what it has started and not answered, "" for nothing."""

    segments: dict[str, WorkUnit]
    clip_id: str
    unit: str = ""
    since: float = 0.0


@dataclass
class Dispatch:
    """Works `units` off. A shard is written before the ledger calls its unit done; only this process writes either.

    step: called after each unit that is done or set aside.
    """

    units: Mapping[str, WorkUnit]
    engine: Engine
    workers: int
    ledger: Ledger
    log: RunLog
    out: Path
    step: Callable[[], None] = lambda: None
    _queue: deque[ClipJob[Any]] = field(default_factory=deque, init=False)
    _later: list[tuple[float, str]] = field(default_factory=list, init=False)
    _held: dict[int, _Held] = field(default_factory=dict, init=False)
    _lost: int = field(default=0, init=False)

    def run(self) -> None:
        """Until every unit is done or set aside. Raises BleedkitError where no worker can begin, or nothing be kept."""
        self._queue.extend(jobs_of(self.units, self.workers))
        while self._queue or self._later or self._held:
            self._hand_out()
            for worker, event in self.engine.events(self._patience()):
                if isinstance(event, Ended):
                    self._ended(worker, event)
                else:
                    self._answered(self._held[worker], event)

    def _hand_out(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            unit = heapq.heappop(self._later)[1]
            segment = self.units[unit]
            self._queue.append(ClipJob(segment.clip_id, {unit: segment}))
        for worker in self.engine.free:
            if not self._queue:
                return
            job = self._queue.popleft()
            self._held[worker] = _Held(dict(job.segments), job.clip_id)
            self.engine.submit(worker, job)

    def _patience(self) -> float:
        """Seconds until there is something to hand out, as far as can be known."""
        if self._later and self.engine.free:
            return min(_TICK_S, max(0.0, self._later[0][0] - time.monotonic()))
        return _TICK_S

    def _answered(self, held: _Held, answer: Answer) -> None:
        if isinstance(answer, Started):
            held.unit, held.since = answer.unit, time.monotonic()
            self.ledger.started(answer.unit, answer.worker)
            self.log.write("started", unit=answer.unit, clip=held.clip_id, worker=answer.worker)
            return
        self._lost = 0
        del held.segments[answer.unit]
        if isinstance(answer, Done):
            self._keep(answer, held)
        else:
            self._failed(answer.unit, f"{answer.what}; {answer.remedy}", again=False)

    def _keep(self, answer: Done, held: _Held) -> None:
        try:
            write_atomic(shard_path(self.out, answer.unit), answer.shard)
        except BleedkitError as error:
            self._failed(answer.unit, str(error), again=True)
            return
        seconds = time.monotonic() - held.since
        self.ledger.done(answer.unit, seconds)
        self.log.write("done", unit=answer.unit, clip=held.clip_id, seconds=round(seconds, 3))
        self.step()

    def _failed(self, unit: str, error: str, *, again: bool) -> None:
        wait = self.ledger.failed(unit, error, again=again)
        clip_id = self.units[unit].clip_id
        if wait is None:
            self.log.write("set aside", unit=unit, clip=clip_id, error=error)
            self.step()
            return
        self.log.write("failed", unit=unit, clip=clip_id, error=error, again_in=wait)
        heapq.heappush(self._later, (time.monotonic() + wait, unit))

    def _ended(self, worker: int, event: Ended) -> None:
        """Blame an unfinished job on the unit it was at; the others have cost no try and come first."""
        held = self._held.pop(worker)
        if not held.segments:
            return
        self._lost += 1
        self.log.write("worker lost", worker=worker, clip=held.clip_id, unit=held.unit, error=event.error)
        if held.unit in held.segments:
            del held.segments[held.unit]
            self._failed(held.unit, event.error, again=True)
        if self._lost == LOST_IN_A_ROW:
            what = f"{LOST_IN_A_ROW} workers in a row were lost with nothing done, the last because {event.error}"
            raise BleedkitError(what, "see the run's log; fewer workers need less memory")
        if held.segments:
            self._queue.appendleft(ClipJob(held.clip_id, held.segments))
