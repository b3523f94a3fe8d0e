"""`bleedkit data export`: a cohort in other people's formats."""

import json
from pathlib import Path
from typing import Final

import click

from .data_formats import EXPORTS

_PATH: Final = click.Path(path_type=Path)
_LIST: Final = "\n    ".join(f"{name:<10} {text}" for name, text in EXPORTS.items())


@click.command(
    "export",
    help=f"""Write COHORT to a new folder in another format; what that cannot hold is listed and stays in the cohort.

    \b
    Formats:
    {_LIST}

    \b
    Example:
    bleedkit data export cohort --format coco --split main --out coco
    """,
)
@click.argument("cohort", type=_PATH)
@click.option("--format", "name", type=click.Choice(list(EXPORTS)), required=True, help="What to write.")
@click.option("--out", type=_PATH, required=True, help="Folder to write; must not exist or be empty.")
@click.option("--split", default="", help="A split of the cohort: its parts go to files or folders of their own.")
@click.option("--clips", default="", help="Ids of the clips to write, comma-separated; all by default.")
@click.option("--states", default="human,pseudo,model", show_default=True, help="Labels to write, by who made them.")
@click.option("--images", is_flag=True, help="Copy the pictures too (coco; nnunet and yolo always do).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def export(
    *, cohort: Path, name: str, out: Path, split: str, clips: str, states: str, images: bool, as_json: bool
) -> None:
    """Write a cohort in another format; the help text is above, as it lists the formats."""
    from ..datasets.cohort import Cohort
    from ..datasets.exchange.exchange import export_cohort
    from ..datasets.exchange.formats import FORMATS
    from ..datasets.exchange.selection import Selection

    if images and name != "coco":
        raise click.UsageError("--images is for coco; nnunet and yolo always copy pictures, the others cannot hold any")
    opened = Cohort(cohort)
    selection = Selection.of(opened, clips=clips, states=states, split=split, images=images)
    result = export_cohort(opened, name, out, selection)
    cannot = FORMATS[name].cannot_hold
    if as_json:
        click.echo(json.dumps({**result.to_json(), "cannot_hold": list(cannot)}, indent=2, ensure_ascii=False))
        return
    counts = ", ".join(f"{count} {what}" for what, count in result.counts.items() if count)
    click.echo(f"{out}: {counts or 'nothing'} as {FORMATS[name].title}")
    for loss in result.losses:
        click.echo(f"Not in it, but still in the cohort: {loss}")
    click.echo(f"By nature the format cannot hold: {', '.join(cannot)}")
