"""Engines: where jobs run. An engine keeps its workers alive and says what becomes of each job; it decides nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from .clip_job import Answer, ClipJob

ENGINES: Final = ("local", "ray")


@dataclass(frozen=True)
class Ended:
    """A worker's job is over, and the worker free for another. error: why units may be unanswered, "" where none is."""

    error: str = ""


Event = tuple[int, Answer | Ended]


class Worker(Protocol):
    """What one process does for a run."""

    def run(self, job: ClipJob[Any]) -> Iterator[Answer]:
        """Answer every unit of the job: that it is started, then what came of it."""


class Setup(Protocol):
    """What is the same for all of a run's jobs; it can be pickled, and its paths are absolute."""

    @property
    def cohort(self) -> Path:
        """Folder of the cohort."""

    @property
    def media_root(self) -> Path:
        """Folder of its media."""

    def worker(self, place: int = 0) -> Worker:
        """A worker for this process. place: its number among those of this machine, which share the GPUs."""

    def settings(self) -> Mapping[str, Any]:
        """What results hang on, as it is on this machine."""


class Engine(Protocol):
    """N workers, by number. A worker that dies, or meets an exception, is replaced."""

    @property
    def free(self) -> list[int]:
        """Workers that can take a job at once."""

    def submit(self, worker: int, job: ClipJob[Any]) -> None:
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

    def start(self, setup: Setup) -> Engine:
        """The engine at work. Raises BleedkitError where it cannot be had."""
        if self.name == "ray":
            from .ray_engine import RayEngine

            return RayEngine(setup, self.workers, address=self.address, gpus_per_worker=self.gpus_per_worker)
        from .local_engine import LocalEngine

        return LocalEngine(setup, self.workers)


LOCAL: Final = EngineChoice()
