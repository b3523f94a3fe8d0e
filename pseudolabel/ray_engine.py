"""The Ray engine: one actor a worker, on one machine or a cluster. Ray places, restarts and feeds them; we only ask."""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from .clip_job import Answer, ClipJob
from .engines import Ended, Event, Setup, Worker
from .ray_cluster import connect, import_ray, in_short
from .worker_process import one_thread

_ROOM_S: Final = 300.0  # for Ray to find room for the first worker; a cluster that grows needs some minutes


class ClipActor:
    """A worker in a process of Ray's, which makes it anew wherever it died."""

    def __init__(self, setup: Setup, settings: Mapping[str, Any]) -> None:
        one_thread()
        self._setup = setup
        self._settings = settings

    @cached_property
    def _worker(self) -> Worker:
        return self._setup.worker()  # Ray shows a process its own GPUs only, so that it is always the first there

    def fault(self) -> str:
        """Why this node cannot work for the run, "" where it can: its files, or software and weights of its own."""
        try:
            Cohort(self._setup.cohort)
            here = self._setup.settings()
        except BleedkitError as error:
            return f"node {socket.gethostname()}: {error}"
        if not self._setup.media_root.is_dir():
            return f"node {socket.gethostname()}: the media root {self._setup.media_root} is no folder there"
        other = ", ".join(name for name in self._settings if here[name] != self._settings[name])
        return f"node {socket.gethostname()}: its {other} is not the driver's" if other else ""

    def run(self, job: ClipJob[Any]) -> Iterator[Answer]:
        """A job's answers, as they come."""
        yield from self._worker.run(job)


class RayEngine:
    """`workers` actors of one CPU and `gpus_per_worker` GPUs each; those that Ray has no room for stay away.

    address: of a running cluster; "" for RAY_ADDRESS, else for Ray started here for as long as this lasts. A Ray that
    the caller has started is used as it is. The cohort, its media and the weights must lie at the same paths on every
    node. Raises BleedkitError where Ray is not installed or cannot be reached.
    """

    def __init__(self, setup: Setup, workers: int, *, address: str = "", gpus_per_worker: float = 0.0) -> None:
        self._ray = import_ray()
        self._ours = not self._ray.is_initialized()
        if self._ours:
            connect(self._ray, address or os.environ.get("RAY_ADDRESS", ""), workers)
        settings = setup.settings()
        make = self._ray.remote(num_cpus=1, num_gpus=gpus_per_worker, max_restarts=-1, max_task_retries=0)(ClipActor)
        self._actors = [make.remote(setup, settings) for _ in range(workers)]
        self._wants = f"1 CPU and {gpus_per_worker:g} GPU"
        self._patient_until = time.monotonic() + _ROOM_S
        self._asked: dict[Any, int] = {}
        self._streams: dict[Any, int] = {}
        self._free: set[int] = set()
        for worker in range(workers):
            self._ask(worker)

    @property
    def free(self) -> list[int]:
        """Actors that run somewhere and have no job."""
        return sorted(self._free)

    def submit(self, worker: int, job: ClipJob[Any]) -> None:
        """Start the job's stream of answers."""
        self._free.remove(worker)
        stream = self._actors[worker].run.options(num_returns="streaming").remote(job)
        self._streams[stream] = worker

    def events(self, timeout: float) -> list[Event]:
        """What is there, or comes within `timeout`. Raises BleedkitError where a node cannot work for the run."""
        waiting = [*self._asked, *self._streams]
        if not waiting:
            time.sleep(timeout)
            return []
        ready, _ = self._ray.wait(waiting, num_returns=len(waiting), timeout=0)
        if not ready:
            ready, _ = self._ray.wait(waiting, num_returns=1, timeout=timeout)
        for question in [item for item in ready if item in self._asked]:
            self._welcome(question)
        if not self._free and not self._streams and time.monotonic() > self._patient_until:
            what = f"Ray had no room for a worker of {self._wants} for {_ROOM_S:.0f} s"
            raise BleedkitError(what, "see 'ray status'; ask for less by --gpus-per-worker")
        return [self._next(stream) for stream in ready if stream in self._streams]

    def close(self) -> None:
        """End the actors, and Ray where it was started here."""
        for actor in self._actors:
            self._ray.kill(actor)
        if self._ours:
            self._ray.shutdown()

    def _ask(self, worker: int) -> None:
        """A worker is free once it answers: one that Ray has no room for must not be given a job."""
        self._asked[self._actors[worker].fault.remote()] = worker

    def _welcome(self, question: Any) -> None:
        worker = self._asked.pop(question)
        try:
            fault = self._ray.get(question)
        except self._ray.exceptions.ActorDiedError as error:
            raise BleedkitError(f"a Ray actor cannot start: {in_short(error)}", "see Ray's logs") from error
        except self._ray.exceptions.RayError:
            self._ask(worker)
            return
        if fault:
            raise BleedkitError(fault, "every node needs the same paths, weights and version of bleedkit")
        self._free.add(worker)

    def _next(self, stream: Any) -> Event:
        worker = self._streams[stream]
        try:
            return worker, self._ray.get(next(stream))
        except StopIteration:
            self._free.add(worker)
            ended = Ended()
        except self._ray.exceptions.RayTaskError as error:
            self._ray.kill(self._actors[worker], no_restart=False)  # what broke may have broken more
            self._ask(worker)
            ended = Ended(f"{type(error.cause).__name__}: {error.cause}")
        except self._ray.exceptions.RayError as error:
            self._ask(worker)
            ended = Ended(f"its Ray actor was lost ({in_short(error)})")
        del self._streams[stream]
        return worker, ended
