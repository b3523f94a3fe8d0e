"""`bleedkit bench evaluate` and `bleedkit bench run`: models asked under a protocol, one or a whole matrix of them."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .bench_options import (
    ALLOW_LEAK,
    DEVICE,
    FLOW,
    FOLDER_THERE,
    JSON,
    OUT,
    PROTOCOL,
    SIZE,
    SPLIT,
    SUITES,
    TRUTH,
    WEIGHTS,
    with_options,
)
from .pseudolabel_options import ENGINES, resources_of

if TYPE_CHECKING:
    from ..benchmarks.runs.matrix import Outcome
    from ..benchmarks.runs.run_plan import RunJob

PHANTOM: Final = "phantom"
PEOPLE: Final = "people"


@click.command("evaluate")
@click.argument("model")
@PROTOCOL
@click.option("--cohort", type=FOLDER_THERE, required=True, help="Its data.")
@SPLIT
@click.option("--fold", type=click.IntRange(min=0), default=0, show_default=True, help="Which fold of it.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the training; an annotator's number."
)
@click.option(
    "--trained",
    type=click.Path(exists=True, path_type=Path),
    help="Folder of a training, which says on whom it was, or weights alone.",
)
@with_options(TRUTH, SIZE, FLOW, WEIGHTS, DEVICE, ALLOW_LEAK, OUT, JSON)
def evaluate(
    model: str,
    *,
    protocol: str | None,
    cohort: Path,
    split: str,
    fold: int,
    seed: int,
    trained: Path | None,
    truth: str,
    size: str,
    flow: str,
    weights: tuple[tuple[str, Path], ...],
    device: str,
    allow_leak: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Ask MODEL, trained already or learning nothing, about every clip of a protocol, and score it.

    The run goes to OUT/<protocol>/<cohort>/<split>/<model>/<seed>: its record run.json, predictions.parquet with the
    truth beside every answer, and sample frames. Killed at any moment, the same command goes on where it was. MODEL
    `human` is one annotator scored against the others: --seed 0 the first, by name; never against a consensus, which
    has that annotator's own labels in it.

    A model that may know the patients it is asked about is refused: under a split with patients in several parts, or
    with weights of which nobody says on whom they were trained. --allow-leak evaluates it and marks every figure.

    \b
    Nothing to train:   bleedkit bench evaluate hold_still --protocol track --cohort cohort --split main --out runs
    Trained before:     bleedkit bench evaluate bloodet --trained run --protocol region-point --cohort cohort \\
                          --split main --out runs
    Another cohort:     bleedkit bench evaluate bloodet --trained run --protocol hemoset-zero-shot --cohort pigs \\
                          --out runs
    Of consensus:       bleedkit bench evaluate hold_still --protocol track --cohort cohort --split main --out runs \\
                          --truth consensus
    """
    from ..benchmarks.runs.run_plan import RunJob

    if protocol is None:
        raise click.UsageError("say --protocol; 'bleedkit bench list' lists them")
    job = RunJob(
        protocol, model, seed, cohort, split, fold,
        train=False, trained=trained, size="tiny" if size == "tiny" else "full", flow=flow,
        resources=resources_of(device, weights), allow_leak=allow_leak, truth=truth,
    )  # fmt: skip
    _tell([_one(job, out)], out, as_json)


@click.command("run")
@click.argument("models", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every model that does the protocol.")
@click.option("--suite", type=click.Choice(SUITES), help="Models, protocols and recipes that belong together.")
@PROTOCOL
@click.option("--cohort", required=True, help="Its data; `phantom` for a suite's own simulated cohorts.")
@SPLIT
@click.option("--fold", "folds", type=click.IntRange(min=0), multiple=True, help="Which fold of it; may be repeated.")
@click.option("--seed", type=click.IntRange(min=0), help="One seed; by default 0.")
@click.option("--seeds", type=click.IntRange(min=1), help="Seeds 0 to N - 1 of each model that learns.")
@click.option(
    "--init", default="pretrained", show_default=True, help="First weights: pretrained, random, or a FILE of them."
)
@click.option("--epochs", type=click.IntRange(min=1), help="How long; the paper's number where left out.")
@click.option("--steps", type=click.IntRange(min=1), help="End after so many steps, instead of epochs.")
@click.option("--batch", type=click.IntRange(min=1), help="Items a step.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Factor on the paper's learning rates.")
@with_options(TRUTH, SIZE, FLOW, WEIGHTS, DEVICE, ALLOW_LEAK, OUT)
@click.option("--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="Where runs run.")
@click.option(
    "--workers", type=click.IntRange(min=1), help="Runs at a time; by default 1, for a suite one a core, at most 4."
)
@click.option("--ray-address", default="", help="A cluster's head, HOST:PORT; by default RAY_ADDRESS, else Ray here.")
@click.option(
    "--gpus-per-worker", type=click.FloatRange(min=0), default=0.0, show_default=True, help="Of Ray's GPUs; 0.5 shares."
)
@JSON
def run(
    models: tuple[str, ...],
    *,
    every: bool,
    suite: str | None,
    protocol: str | None,
    cohort: str,
    split: str,
    folds: tuple[int, ...],
    seed: int | None,
    seeds: int | None,
    init: str,
    epochs: int | None,
    steps: int | None,
    batch: int | None,
    rate: float | None,
    truth: str,
    size: str,
    flow: str,
    weights: tuple[tuple[str, Path], ...],
    device: str,
    allow_leak: bool,
    out: Path,
    engine: str,
    workers: int | None,
    ray_address: str,
    gpus_per_worker: float,
    as_json: bool,
) -> None:
    """Train MODELS on a split's part `train`, ask them about its part `test`, and score them.

    What is done already is skipped, what fails is told and leaves the rest alone, and the exit code is then 1. Killed
    at any moment, the same command goes on. Models that learn nothing have one run, whatever --seeds says.

    With --truth consensus, what several people labelled is learnt and scored as the cohort's written consensus has it;
    what its rule left undecided has no truth, and is counted. Runs of two truths are never compared.

    \b
    One model:      bleedkit bench run unet --protocol region-point --cohort cohort --split main --out runs \\
                      --size tiny --init random --steps 200
    A matrix:       bleedkit bench run --all --protocol track --cohort cohort --split main --seeds 3 --out runs
    Proof of all:   bleedkit bench run --suite smoke --cohort phantom --out runs
    On a cluster:   bleedkit bench run --all --protocol onset --cohort cohort --split main --seeds 5 --out runs \\
                      --engine ray --ray-address head:6379 --gpus-per-worker 0.5
    Of consensus:   bleedkit annotate agree cohort --rule majority --write
                    bleedkit bench run unet --protocol region-point --cohort cohort --split main --out runs \\
                      --init random --truth consensus
    Then:           bleedkit bench leaderboard --runs runs --out site
    """
    from ..benchmarks.runs.matrix import jobs_of, run_matrix
    from ..benchmarks.runs.run_plan import RunJob
    from ..pseudolabel.engines import EngineChoice

    _check_run(
        models=models, every=every, suite=suite, protocol=protocol, seed=seed, seeds=seeds, epochs=epochs, steps=steps
    )
    if engine != "ray" and (ray_address or gpus_per_worker):
        raise click.UsageError("--ray-address and --gpus-per-worker are for --engine ray")
    workers = workers or (min(os.cpu_count() or 1, 4) if suite else 1)
    if suite:
        jobs = _suite_jobs(suite, cohort, split, out=out, allow_leak=allow_leak, truth=truth, workers=workers)
    else:
        base = RunJob(
            protocol or "", "", seed or 0, _folder(cohort), split,
            size="tiny" if size == "tiny" else "full", init=init, flow=flow,
            resources=resources_of(device, weights), allow_leak=allow_leak, truth=truth,
        )  # fmt: skip
        names = models or _models_of(protocol or "")
        jobs = [replace(job, seed=job.seed + (seed or 0)) for job in jobs_of(base, names, seeds or 1, folds or (0,))]
        jobs = [_with_recipe(job, epochs=epochs, steps=steps, batch=batch, rate=rate) for job in jobs]
    if len(jobs) == 1 and engine == "local":
        found = [_one(jobs[0], out)]
    else:
        found = run_matrix(jobs, out, engine=EngineChoice(engine, workers, ray_address, gpus_per_worker))
    _tell(found, out, as_json)


def _check_run(
    *, models: tuple[str, ...], every: bool, suite: str | None, protocol: str | None, seed: int | None,
    seeds: int | None, epochs: int | None, steps: int | None,
) -> None:  # fmt: skip
    if sum([bool(models), every, bool(suite)]) != 1:
        raise click.UsageError("name MODELS, or say --all, or --suite")
    if bool(suite) == bool(protocol):
        raise click.UsageError("say --protocol; a suite has its own")
    if seed is not None and seeds is not None:
        raise click.UsageError("choose one of --seed and --seeds")
    if epochs and steps:
        raise click.UsageError("choose one of --epochs and --steps")


def _folder(cohort: str) -> Path:
    if not Path(cohort).is_dir():
        raise click.UsageError(f"there is no cohort {cohort}; `phantom` is for --suite")
    return Path(cohort)


def _models_of(protocol: str) -> list[str]:
    """Every model that can be run under it from names alone."""
    from ..benchmarks.entries.registry import ENTRIES
    from ..benchmarks.protocols.registry import PROTOCOLS

    spec = PROTOCOLS[protocol]
    able = [entry for entry in ENTRIES.values() if spec.task in entry.tasks]
    return [entry.name for entry in able if spec.part or not entry.trains]


def _suite_jobs(
    name: str, cohort: str, split: str, *, out: Path, allow_leak: bool, truth: str, workers: int
) -> "list[RunJob]":
    from ..benchmarks.runs.suites import SPLIT as MAIN
    from ..benchmarks.runs.suites import SUITES as ALL
    from ..benchmarks.runs.suites import phantom_cohorts, suite_jobs

    suite = ALL[name]
    if truth != PEOPLE:
        click.echo("Note: no annotator is scored against a consensus that has that person's own labels in it", err=True)
    if cohort == PHANTOM and not Path(cohort).exists():
        if truth != PEOPLE:
            raise click.UsageError("a suite's own simulated cohorts hold no consensus; name a cohort that does")
        return suite_jobs(suite, phantom_cohorts(suite, out, workers=workers), MAIN, allow_leak=allow_leak)
    cohorts = [_folder(cohort)] * len(suite.parts)
    return suite_jobs(suite, cohorts, split or MAIN, allow_leak=allow_leak, truth=truth)


def _with_recipe(job: "RunJob", **given: Any) -> "RunJob":
    """The paper's recipe of a model that learns, with what the options change."""
    from ..benchmarks.entries.registry import ENTRIES
    from ..benchmarks.training.trainable_models import MODELS

    changes = {name: value for name, value in given.items() if value is not None}
    trains = ENTRIES[job.model].trains if job.model in ENTRIES else ""
    return replace(job, recipe=replace(MODELS[trains].recipe, **changes)) if trains else job


def _one(job: "RunJob", out: Path) -> "Outcome":
    """One run in this process, with its progress; what is wrong with it is told as an error."""
    from time import perf_counter

    from ..benchmarks.runs.matrix import finished
    from ..benchmarks.runs.one_run import run_one

    began = perf_counter()
    done = run_one(job, out, say=lambda note: click.echo(f"Note: {note}", err=True))
    return finished(job, done, perf_counter() - began)


def _tell(found: "list[Outcome]", out: Path, as_json: bool) -> None:
    """What became of each, and exit code 1 where one failed."""
    from ..benchmarks.runs.outcome_text import outcome_rows, outcome_text

    failed = [one for one in found if one.state == "failed"]
    if as_json:
        click.echo(json.dumps(outcome_rows(found), indent=2))
    else:
        click.echo(outcome_text(found))
        if len(failed) < len(found):
            click.echo(f"Look at it:  bleedkit bench leaderboard --runs {out} --out site")
    for one in failed:
        click.echo(f"Failed: {one.job}: {one.error}", err=True)
    if failed:
        raise click.exceptions.Exit(1)
