"""`bleedkit data import`: labels made or changed elsewhere, as new rows of a cohort."""

import json
from pathlib import Path
from typing import Final

import click

from .data_formats import IMPORTS, KNOW_DELETIONS

_PATH: Final = click.Path(path_type=Path)


@click.command("import")
@click.argument("name", metavar="FORMAT", type=click.Choice(IMPORTS))
@click.argument("file", type=_PATH)
@click.option("--cohort", type=_PATH, required=True, help="The cohort that has the clips; labels are appended to it.")
@click.option("--annotator", required=True, help="Who made labels that do not say so themselves; best a pseudonym.")
@click.option(
    "--state",
    type=click.Choice(["human", "model"]),
    default="human",
    show_default=True,
    help="Whether a person or a model made labels that do not say so themselves.",
)
@click.option(
    "--deleted",
    type=click.Choice(["keep", "reject"]),
    default="keep",
    show_default=True,
    help="What becomes of labels that FILE was exported with and that are not in it any more (coco, cvat, tapvid).",
)
@click.option(
    "--exported",
    type=_PATH,
    help="Folder that the export wrote, for a file of CVAT's that lies elsewhere: CVAT cannot hold what went out.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def import_(
    *,
    name: str,
    file: Path,
    cohort: Path,
    annotator: str,
    state: str,
    deleted: str,
    exported: Path | None,
    as_json: bool,
) -> int:
    """Append the labels of FILE, or of a folder of such, to a cohort.

    A label that was exported from the cohort and lies elsewhere now is a correction: a new row that replaces the old
    one, which stays in the history. One that did not change brings nothing, and neither does a second import. Labels
    that were exported and are gone from the file are counted, or rejected as in a review. What cannot be a label is
    refused with the reason, while the rest comes in; then the exit code is 1.

    \b
    Formats: coco, cvat, tapvid, nnunet, yolo

    \b
    Example:
      bleedkit data import cvat annotations.xml --cohort cohort --annotator kim --exported cvat --deleted reject
    """
    from ..datasets.cohort import Cohort
    from ..datasets.exchange.exchange import import_labels
    from ..datasets.schema import LabelState

    if deleted == "reject" and name not in KNOW_DELETIONS:
        raise click.UsageError(f"--deleted reject is for {', '.join(KNOW_DELETIONS)}: {name} cannot say what went out")
    if exported is not None and name != "cvat":
        raise click.UsageError("--exported is for cvat; other files say themselves what they were exported with")
    result = import_labels(
        Cohort(cohort),
        name,
        file,
        annotator=annotator,
        state=LabelState(state),
        reject_deleted=deleted == "reject",
        exported=exported,
    )
    if as_json:
        click.echo(json.dumps(result.to_json(), indent=2, ensure_ascii=False))
    else:
        for problem in result.problems:
            click.echo(str(problem))
        for loss in result.losses:
            click.echo(f"In the file, but no label of ours: {loss}")
        counts = {**result.counts, **({"rejected": result.rejected} if result.rejected else {})}
        click.echo(f"{cohort}: {', '.join(f'{count} {what}' for what, count in counts.items())}")
        if result.missing:
            text = f"Missing from it, of what it was exported with: {result.missing} labels"
            click.echo(f"{text}; --deleted reject makes them rejections")
    return 1 if result.problems.errors else 0
