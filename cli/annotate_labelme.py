"""`bleedkit annotate labelme`: labels to a folder that labelme opens, and corrections back."""

import json
from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.group()
def labelme() -> None:
    """Correct labels in labelme, a program for one person and a folder of images.

    Points are point shapes, regions polygons or masks; tick boxes say what is not there. labelme is a program of its
    own (GPL-3.0): install it with 'pip install bleedkit[labelme]', or anywhere else.

    \b
    bleedkit annotate labelme export cohort --out work
    labelme work
    bleedkit annotate labelme import cohort work --annotator kim
    """


@labelme.command("export")
@click.argument("cohort", type=_PATH)
@click.option("--out", type=_PATH, required=True, help="New folder, or one exported before, to renew it.")
@click.option("--clips", default="", help="Ids of the clips to export, comma-separated; all by default.")
@click.option(
    "--frames",
    default="labelled",
    show_default=True,
    help="'labelled', 'review' (those the last run would not label), 'all', or 'every=N'.",
)
@click.option("--states", default="human,pseudo,model", show_default=True, help="Labels to show, by who made them.")
@click.option(
    "--originals",
    type=_PATH,
    help="LabelMe files that the cohort was built from, laid out as its images: what they say besides labels is kept.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def export(
    *, cohort: Path, out: Path, clips: str, frames: str, states: str, originals: Path | None, as_json: bool
) -> None:
    """Write frames of COHORT, with their labels, to a folder that labelme opens.

    Images are copied as they are, frames of a video become PNG files. A region is a polygon where one polygon is the
    region to the pixel, else a mask. What a label is and how sure stands in its description.

    \b
    Example:
      bleedkit annotate labelme export cohort --frames review --out work
      labelme work
    """
    from dataclasses import asdict

    from ..annotate.labelme.export_labels import export_labelme
    from ..annotate.labelme.frame_choice import FrameChoice
    from ..datasets.cohort import Cohort

    choice = FrameChoice.of(clips, frames, states)
    result = export_labelme(Cohort(cohort), out, choice, originals=originals)
    if as_json:
        problems = [asdict(problem) for problem in result.problems]
        click.echo(json.dumps({**result.to_json(), "problems": problems}, indent=2, ensure_ascii=False))
        return
    for problem in result.problems:
        click.echo(str(problem))
    counts = result.counts
    click.echo(
        f"{out}: {counts['frames']} frames of {counts['clips']} clips, {counts['points']} points,"
        f" {counts['regions']} regions"
    )
    for what, count in result.losses.items():
        click.echo(f"Not in it, but still in the cohort: {count} x {what}")
    click.echo(f"Open it with 'labelme {out}', then: bleedkit annotate labelme import {cohort} {out} --annotator NAME")


@labelme.command("import")
@click.argument("cohort", type=_PATH)
@click.argument("folder", type=_PATH)
@click.option("--annotator", required=True, help="Who corrected the labels; best a pseudonym.")
@click.option("--dry-run", is_flag=True, help="Only say what would come.")
@click.option("--json", "as_json", is_flag=True, help="Print the diff as one JSON document.")
def import_(*, cohort: Path, folder: Path, annotator: str, dry_run: bool, as_json: bool) -> int:
    """Bring corrections made in FOLDER, an export, back into COHORT as new label rows.

    Every change is told with its frame. Nothing in the cohort is overwritten, and a second import brings nothing. A
    label file with any fault is refused whole, with the reason, while the others come in; then the exit code is 1.

    \b
    Example:
      bleedkit annotate labelme import cohort work --annotator kim --dry-run
    """
    from dataclasses import asdict

    from ..annotate.labelme.import_labels import import_labelme
    from ..datasets.cohort import Cohort

    result = import_labelme(Cohort(cohort), folder, annotator=annotator, dry_run=dry_run)
    if as_json:
        problems = [asdict(problem) for problem in result.problems]
        click.echo(json.dumps({**result.to_json(), "problems": problems}, indent=2, ensure_ascii=False))
    else:
        for line in (*map(str, result.problems), *result.lines()):
            click.echo(line)
        told = ", ".join(f"{count} {what}" for what, count in result.counts.items()) or "nothing changed"
        brought = "Would bring" if dry_run else "Brought"
        click.echo(f"{brought} from {result.frames} frames: {told}; {len(result.conflicts)} conflicts")
    return 1 if result.problems.errors else 0
