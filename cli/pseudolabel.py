"""`bleedkit pseudolabel`: sparse points in, dense checked tracks out."""

from pathlib import Path

import click

# Said here as well as in pseudolabel/presets.py, so that --help needs no OpenCV; a test holds them equal.
PRESETS = ("classical",)


@click.group()
def pseudolabel() -> None:
    """Turn sparse points into dense, checked tracks.

    \b
    Example:  bleedkit pseudolabel run cohort --preset classical --out run
    """


@pseudolabel.command()
@click.argument("cohort", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--preset", type=click.Choice(PRESETS), default="classical", show_default=True, help="Which stages do it."
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Shards, run.json, report.html."
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes; clips go side by side."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def run(cohort: Path, preset: str, out: Path, workers: int, as_json: bool) -> None:
    """Label the frames between the human point labels of COHORT.

    Labels go into the cohort as pseudo-labels with their covariance; a frame that is not trusted is listed for review
    instead. Stopped at any moment, the same command goes on where it was.

    \b
    classical: corners and pyramidal Lucas-Kanade in both directions, anchored to the label's picture, carried by
    their neighbours where hidden, fused under drift and failure. Needs no weights.

    \b
    Example:  bleedkit pseudolabel run cohort --preset classical --out run --workers 2
    Then:     open run/report.html
    """
    import json
    from dataclasses import asdict

    from ..datasets.cohort import Cohort
    from ..pseudolabel.run import run_pseudolabels

    result = run_pseudolabels(Cohort(cohort), preset=preset, out=out, workers=workers)
    if as_json:
        click.echo(json.dumps(asdict(result), default=str, indent=2))
    else:
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
    for clip_id, why in result.failed.items():
        click.echo(f"Error: clip {clip_id} was left out: {why}", err=True)
    if result.failed:
        raise click.exceptions.Exit(1)
