"""`bleedkit pseudolabel`: sparse points in, dense checked tracks out."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .pseudolabel_evaluate import evaluate
from .pseudolabel_options import engine_options, resources_of, stage_options

if TYPE_CHECKING:
    from ..pseudolabel.ledger import LeftOut
    from ..pseudolabel.run import RunResult

_NAMED = 10  # units left out; the log names them all


@click.group()
def pseudolabel() -> None:
    """Turn sparse points into dense, checked tracks.

    \b
    Label:            bleedkit pseudolabel run cohort --preset classical --out run
    How far is it:    bleedkit pseudolabel status run
    How good is it:   bleedkit pseudolabel evaluate cohort --hide 2 --out eval
    """


pseudolabel.add_command(evaluate)


@pseudolabel.command()
@click.argument("cohort", type=click.Path(exists=True, file_okay=False, path_type=Path))
@stage_options
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Shards, ledger, log, report.html."
)
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def run(
    cohort: Path,
    *,
    preset: str,
    matcher: str | None,
    tracker: str | None,
    device: str,
    weights: tuple[tuple[str, Path], ...],
    out: Path,
    engine: str,
    workers: int,
    ray_address: str,
    gpus_per_worker: float,
    as_json: bool,
) -> None:
    """Label the frames between the human point labels of COHORT.

    Labels go into the cohort as pseudo-labels with their covariance; a frame that is not trusted is listed for review
    instead. Stopped at any moment, the same command goes on where it was. What cannot be done (an unreadable frame, a
    worker that dies three times over the same segment) is left out and named, the rest is done, and the exit code is 1.

    \b
    classical  SIFT and anchored Lucas-Kanade in both directions; needs no weights
    paper      XFeat, Track-On and Kalman smoothing as BleedOrigin 4.2.1 has them
    best       XFeat and Track-On in both directions, fused under drift and failure
    detector   ten frames of optical flow after each label, BleedOrigin 4.1.2

    \b
    Example:    bleedkit pseudolabel run cohort --preset classical --out run --workers 2
    Watch it:   bleedkit pseudolabel status run
    Then:       open run/report.html
    On a GPU cluster, two workers a GPU:
      bleedkit pseudolabel run cohort --preset best --weights track_on=track_on_checkpoint.pt --out run \\
        --engine ray --ray-address head:6379 --workers 16 --gpus-per-worker 0.5
    """
    import json
    from dataclasses import asdict

    from ..datasets.cohort import Cohort
    from ..pseudolabel.engines import EngineChoice
    from ..pseudolabel.run import run_pseudolabels

    if engine != "ray" and (ray_address or gpus_per_worker):
        raise click.UsageError("--ray-address and --gpus-per-worker are for --engine ray")
    result = run_pseudolabels(
        Cohort(cohort),
        preset=preset,
        matcher=matcher or "",
        tracker=tracker or "",
        out=out,
        engine=EngineChoice(engine, workers, ray_address, gpus_per_worker),
        resources=resources_of(device, weights),
        say=lambda note: click.echo(f"Note: {note}", err=True),
    )
    if as_json:
        click.echo(json.dumps(asdict(result), default=str, indent=2))
    else:
        _tell(result, cohort)
    _tell_left_out(result.left_out, f"{out}/log.jsonl")
    if result.left_out:
        raise click.exceptions.Exit(1)


@pseudolabel.command()
@click.argument("out", metavar="RUN", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(out: Path, as_json: bool) -> None:
    """Say how far RUN is, how fast it goes, and what was set aside and why; while it goes on or after.

    \b
    Example:       bleedkit pseudolabel status run
    Keep looking:  watch bleedkit pseudolabel status run
    """
    import json

    from ..pseudolabel.ledger import State
    from ..pseudolabel.run_status import run_status

    found = run_status(out)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2))
        return
    total, done = sum(found.counts.values()), found.counts[State.DONE]
    going = "going on" if found.going else "finished" if done == total else "stopped; the same command goes on with it"
    click.echo(f"{done} of {total} units are done, {found.preset} on {found.cohort}: {going}")
    for state, count in found.counts.items():
        click.echo(f"  {state:<8} {count:8d}")
    if found.rate:
        left = "" if found.seconds_left is None else f", about {_duration(found.seconds_left)} left"
        click.echo(f"  {found.rate:.2f} units a second{left}")
    _tell_left_out(found.left_out, f"{out}/log.jsonl")


def _tell(result: "RunResult", cohort: Path) -> None:
    frames = result.labelled + result.flagged
    click.echo(
        f"{result.segments} segments, {frames} frames between labels ({result.reused} results were there already)"
    )
    click.echo(f"  labelled  {result.labelled:6d}   ({result.new_rows} new rows in {cohort})")
    click.echo(f"  flagged   {result.flagged:6d}   for review, with the reason")
    if result.kept:
        click.echo(f"  kept      {result.kept:6d}   as somebody reviewed them")
    if result.retired:
        click.echo(f"  retired   {result.retired:6d}   labels of an earlier run that this one does not trust")
    click.echo(f"Look at it: {result.report}")


def _tell_left_out(left_out: "tuple[LeftOut, ...]", log: str) -> None:
    for unit in left_out[:_NAMED]:
        click.echo(f"Left out: {unit}", err=True)
    if len(left_out) > _NAMED:
        click.echo(f"Left out: {len(left_out) - _NAMED} more, see {log}", err=True)


def _duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds:.0f} s"
