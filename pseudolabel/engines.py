"""Engines: where jobs run. An engine keeps its workers alive and says what becomes of each job; it decides nothing."""

from dataclasses import dataclass
from typing import Final, Protocol

from .clip_job import Answer, ClipJob, RunSetup

ENGINES: Final = ("local", "ray")


@dataclass(frozen=True)
class Ended:
    """A worker's job is over, and the worker free for another. error: why units may be unanswered, "" where none is."""

    error: str = ""


Event = tuple[int, Answer | Ended]


class Engine(Protocol):
    """N workers, by number. A worker that dies, or meets an exception, is replaced."""

    @property
    def free(self) -> list[int]:
        """Workers that can take a job at once."""

    def submit(self, worker: int, job: ClipJob) -> None:
        """Give a free worker a job."""

    def events(self, timeout: float) -> list[Event]:
        """What happened, of each worker in order; waits at most `timeout` seconds for something to happen."""

    def close(self) -> None:
        """Stop every worker at once."""


@dataclass(frozen=True)
class EngineChoice:
    """Which engine, of how many workers. address, gpus_per_worker: of Ray only; see `ray_engine`."""

    name: str = "local"
    workers: int = 1
    address: str = ""
    gpus_per_worker: float = 0.0

    def start(self, setup: RunSetup) -> Engine:
        """The engine at work. Raises BleedkitError where it cannot be had."""
        if self.name == "ray":
            from .ray_engine import RayEngine

            return RayEngine(setup, self.workers, address=self.address, gpus_per_worker=self.gpus_per_worker)
        from .local_engine import LocalEngine

        return LocalEngine(setup, self.workers)


LOCAL: Final = EngineChoice()
