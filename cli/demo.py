"""`bleedkit demo`: the whole chain, in small."""

from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--video", type=_FILE, help="Your own video, with --labels.")
@click.option(
    "--labels", type=_FILE, help='JSON of your points: {"0": [[x, y], ...], "30": [[x, y], null], ...}, pixels.'
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="bleedkit-demo",
    show_default=True,
    help="Folder for all it makes.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the simulated clips and of the split.")
@click.option("--overwrite", is_flag=True, help="Replace what an earlier demo left in --out.")
@click.option("--no-fiftyone", is_flag=True, help="Stop before FiftyOne, which needs a MongoDB.")
def demo(*, video: Path | None, labels: Path | None, out: Path, seed: int, overwrite: bool, no_fiftyone: bool) -> None:
    """Run the whole chain on simulated surgery, or on your own video: sparse points in, report out.

    Builds a cohort, splits it by patient, labels the frames between the labelled ones, flags those it does not trust,
    writes report.html and pushes everything to FiftyOne. Offline, a minute or two.

    \b
    Example:  bleedkit demo
    Yours:    bleedkit demo --video clip.mp4 --labels labels.json --out mine
    """
    if (video is None) != (labels is None):
        raise click.UsageError("--video and --labels go together")
    from ..annotate.demo import OwnClip, run_demo

    own = OwnClip(video, labels) if video is not None and labels is not None else None
    click.echo(f"bleedkit demo -> {out}")
    result = run_demo(out, own=own, seed=seed, fiftyone=not no_fiftyone, overwrite=overwrite, say=click.echo)
    click.echo(f"\nOpen this:       {result.report}")
    if result.dataset:
        click.echo(f"In FiftyOne:     bleedkit annotate open --name {result.dataset}")
    click.echo(f"What is in it:   bleedkit data stats {result.cohort}")
    if own is None:
        click.echo("Your own clip:   bleedkit demo --video clip.mp4 --labels labels.json --out mine")
