"""Many runs: models by protocols by seeds by folds. What is done is skipped, what fails is told, the rest goes on."""

import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final, Literal

from ...datasets.errors import BleedkitError
from ...datasets.progress import counting
from ...pseudolabel.engines import LOCAL, EngineChoice
from ..metrics.score import Score
from .human_run import HUMAN
from .one_run import OneRun, Registries, run_one, this_command
from .processes import Ended, in_processes
from .run_plan import RunJob, plan_run
from .write_run import record_in

LOG: Final = ".log.txt"
"""What runs in processes of their own print, tracebacks above all."""


@dataclass(frozen=True)
class Outcome:
    """What became of a job. there: it was done before. primary: the score that ranks, None where it failed.

    seconds: of this call. error: why it failed; remedies included.
    """

    job: RunJob
    state: Literal["done", "there", "failed"]
    seconds: float
    primary: Score | None = None
    folder: Path | None = None
    leaky: bool = False
    error: str = ""


def jobs_of(
    base: RunJob, models: Iterable[str], seeds: int, folds: Sequence[int], registries: Registries | None = None
) -> list[RunJob]:
    """Every model with every seed and fold, otherwise like `base`.

    A model that learns nothing answers the same with every seed, so it has one run a fold: two would look like a spread
    of none. Raises BleedkitError for a model that is not there.
    """
    entries = (registries or Registries()).entries
    found = []
    for model in models:
        if model != HUMAN and model not in entries:
            raise BleedkitError(f"there is no model {model!r}", f"choose of {', '.join(sorted(entries))}")
        many = model == HUMAN or bool(entries[model].trains)
        found += [replace(base, model=model, seed=s, fold=f) for f in folds for s in range(seeds if many else 1)]
    return found


def run_matrix(
    jobs: Sequence[RunJob], out: Path, *, engine: EngineChoice = LOCAL, registries: Registries | None = None
) -> list[Outcome]:
    """Do the jobs that are not done yet, each in a process of its own; what became of each, in the order of jobs.

    Killed at any moment and called again, it goes on. Raises BleedkitError only where the engine itself cannot be had.
    """
    out.mkdir(parents=True, exist_ok=True)
    found: dict[int, Outcome] = {}
    for place, job in enumerate(jobs):
        known = known_outcome(job, out, registries)
        if known is not None:
            found[place] = known
    todo = [place for place in range(len(jobs)) if place not in found]
    absolute = [_absolute(jobs[place]) for place in todo]
    work = partial(outcome_of, out=out.resolve(), registries=registries)
    with counting("runs", len(jobs), len(found)) as step, closing(_ended(engine, work, absolute, out)) as stream:
        for ended in stream:
            place = todo[ended.place]
            lost = Outcome(jobs[place], "failed", 0.0, error=ended.error)
            found[place] = replace(ended.result or lost, job=jobs[place])
            step()
    return [found[place] for place in range(len(jobs))]


def known_outcome(job: RunJob, out: Path, registries: Registries | None = None) -> Outcome | None:
    """What is known of a job without doing it: that it is done, or that it cannot be. None where it is to be done."""
    known = registries or Registries()
    try:
        plan = plan_run(job, known.entries, known.protocols)
        before = record_in(out / plan.key.folder)
    except BleedkitError as error:
        return Outcome(job, "failed", 0.0, error=str(error))
    if before is None or before.state != "done":
        return None
    return outcome_of(job, out, registries)  # says so where it is finished with other settings


def outcome_of(job: RunJob, out: Path, registries: Registries | None = None) -> Outcome:
    """Do a job in this process. Nothing but Ctrl-C gets out of it."""
    began = perf_counter()
    try:
        done = run_one(job, out, registries=registries, say=lambda note: print(f"{job}: {note}", file=sys.stderr))
    except BleedkitError as error:
        return Outcome(job, "failed", perf_counter() - began, error=str(error))
    except Exception as error:
        import traceback

        traceback.print_exc()
        return Outcome(job, "failed", perf_counter() - began, error=f"{type(error).__name__}: {error}")
    return finished(job, done, perf_counter() - began, registries)


def finished(job: RunJob, done: OneRun, seconds: float, registries: Registries | None = None) -> Outcome:
    """The outcome of a run that came to its end."""
    protocol = (registries or Registries()).protocols[job.protocol]
    state: Literal["done", "there"] = "done" if done.done_now else "there"
    return Outcome(job, state, seconds, done.record.scores[protocol.primary], done.folder, done.record.leaky)


def _ended(
    engine: EngineChoice, work: "partial[Outcome]", jobs: Sequence[RunJob], out: Path
) -> Generator[Ended[Outcome], None, None]:
    if not jobs:
        return
    if engine.name == "ray":
        from .ray_tasks import on_ray

        yield from on_ray(work, jobs, engine.workers, address=engine.address, gpus_per_worker=engine.gpus_per_worker)
        return
    yield from in_processes(work, jobs, engine.workers, log=out / LOG)


def _absolute(job: RunJob) -> RunJob:
    """The same for a process that works elsewhere."""
    files = {name: path.resolve() for name, path in job.resources.weights.items()}
    init = str(Path(job.init).resolve()) if Path(job.init).is_file() else job.init
    return replace(
        job,
        cohort=job.cohort.resolve(),
        trained=job.trained.resolve() if job.trained else None,
        init=init,
        resources=replace(job.resources, weights=files),
        command=job.command or this_command(),
    )
