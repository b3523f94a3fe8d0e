"""`bleedkit bench leaderboard`: every finished run, scored anew from its predictions, as a page one can read."""

import json
from pathlib import Path

import click


@click.command("leaderboard")
@click.option(
    "--runs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="The folder of all runs.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The site's folder; replaced where it holds an earlier one.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=1000),
    default=10_000,
    show_default=True,
    help="Bootstrap resamples of the patients.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as one JSON document.")
def leaderboard(runs: Path, *, out: Path, draws: int, as_json: bool) -> None:
    """Write a static site of every run below RUNS, with intervals over patients.

    Scores are computed from the runs' predictions, never read from their records. Runs are compared only where they
    were asked the same: one protocol and version, one cohort, one split, the same truth. A run that is corrupt, partial
    or edited by hand is named with the reason and counts nowhere; the site is written all the same, and the exit code
    is 1. The same runs give the same bytes.

    OUT gets index.html, which needs no server, and beside it leaderboard.md, leaderboard.csv and leaderboard.json.

    \b
    Write it:   bleedkit bench leaderboard --runs runs/ --out site/
    Look:       open site/index.html
    """
    from ..benchmarks.leaderboard.site import leaderboard_site
    from ..benchmarks.leaderboard.write_site import write_site
    from ..benchmarks.runs.read_runs import read_runs

    good, bad = read_runs(runs)
    site = leaderboard_site(good, bad, root=runs, n_draws=draws)
    write_site(site.files, out)
    if as_json:
        click.echo(json.dumps(site.summary, indent=2))
    else:
        click.echo(site.text)
        click.echo(f"Look at it: {out / 'index.html'}")
    for run in bad:
        click.echo(f"Error: {run.folder} was left out: {run.what}; {run.remedy}", err=True)
    if bad:
        raise click.exceptions.Exit(1)
