"""`bleedkit annotate`: push a cohort into FiftyOne, look at it, and bring reviewers' changes back."""

import json
from pathlib import Path

import click

from .annotate_agree import agree
from .annotate_labelme import labelme
from .annotate_preannotate import preannotate
from .annotate_review import review


@click.group()
def annotate() -> None:
    """Look at labels in FiftyOne and bring corrections back.

    FiftyOne keeps its data in MongoDB, which is started when needed and stopped afterwards; its files lie in
    ~/.local/share/bleedkit/mongo. To use a MongoDB of your own, set FIFTYONE_DATABASE_URI.

    \b
    bleedkit annotate push cohort --name liver
    bleedkit annotate open --name liver
    bleedkit annotate pull cohort --name liver --reviewer kim
    """


@annotate.command()
@click.argument("cohort", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="FiftyOne dataset to make or update.")
@click.option("--split", help="Tag every frame with its part in this split.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def push(cohort: Path, name: str, split: str | None, as_json: bool) -> None:
    """Make or update a FiftyOne dataset from COHORT: one sample per frame.

    A second push changes only what changed in the cohort, and never what a reviewer changed in FiftyOne: pull that
    first.

    \b
    Example:
      bleedkit annotate push cohort --name liver --split official
    """
    from dataclasses import asdict

    from ..annotate.mongo import running_mongod
    from ..datasets.cohort import Cohort

    opened = Cohort(cohort)
    with running_mongod():
        from ..annotate.push import push_cohort

        result = push_cohort(opened, name, split=split)
    if as_json:
        click.echo(json.dumps(asdict(result), indent=2))
        return
    click.echo(
        f"FiftyOne dataset {name}: {result.inserted} frames new, {result.updated} updated, {result.unchanged} unchanged"
        f" ({result.clips} clips, {result.saved_views} saved views renewed)"
    )
    if result.kept:
        click.echo(f"{result.kept} frames keep a reviewer's changes; bring them back with 'bleedkit annotate pull'")
    if result.without_image:
        click.echo(f"{result.without_image} frames have no image and cannot be shown")
    if result.foreign_clips:
        click.echo(f"{result.foreign_clips} clips of the dataset are not in the cohort; they were left as they are")
    if result.stale_splits:
        click.echo(
            f"Split {', '.join(result.stale_splits)} is of an older cohort; 'bleedkit split build' makes it anew"
        )
    click.echo(f"Look at it with: bleedkit annotate open --name {name}")


@annotate.command()
@click.argument("cohort", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="FiftyOne dataset that COHORT was pushed to.")
@click.option("--reviewer", required=True, help="Who made the changes: the annotator of the new label rows.")
@click.option("--json", "as_json", is_flag=True, help="Print counts and conflicts as JSON.")
def pull(cohort: Path, name: str, reviewer: str, as_json: bool) -> None:
    """Bring changes made in FiftyOne back into COHORT as new label rows.

    Tag samples or labels `accepted` or `rejected` in the App; set `onset` on the first bleeding frame; move, hide, add
    or delete points and masks. Nothing in the cohort is overwritten, and a second pull brings nothing.

    \b
    Example:
      bleedkit annotate pull cohort --name liver --reviewer kim
    """
    from dataclasses import asdict

    from ..annotate.mongo import running_mongod
    from ..annotate.review.pull_decisions import pull_decisions
    from ..datasets.cohort import Cohort

    opened = Cohort(cohort)
    decided = pull_decisions(opened)  # first: what FiftyOne shows may rest on a decision of the review panel
    with running_mongod():
        from ..annotate.pull import pull_labels

        result = pull_labels(opened, name, reviewer=reviewer)
    if as_json:
        click.echo(json.dumps({**asdict(result), "review_rows": decided.rows}, indent=2))
        return
    for line in (*decided.broken, *decided.lost):
        click.echo(f"Left in a review log: {line}")
    if decided.rows:
        click.echo(f"From the review panel: {decided.rows} label rows of {', '.join(decided.reviewers)}")
    click.echo(
        f"From FiftyOne dataset {name}: {result.accepted} accepted, {result.corrected} corrected,"
        f" {result.rejected} rejected, {result.added} added"
        f" ({result.points} points, {result.masks} masks, {result.onsets} onsets)"
    )
    for conflict in result.conflicts:
        click.echo(f"{'Both kept' if conflict.taken else 'Left in FiftyOne'}: {conflict}")


@annotate.command("open")
@click.option("--name", required=True, help="FiftyOne dataset to look at.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the App; 5151, or a free one, by default.")
@click.option("--remote", is_flag=True, help="Do not open a browser on this machine.")
def open_(name: str, port: int | None, remote: bool) -> None:
    """Show a pushed dataset in the FiftyOne App until Ctrl-C.

    \b
    Example:
      bleedkit annotate open --name liver
    On a machine you work on through SSH:
      bleedkit annotate open --name liver --remote --port 5151
      ssh -N -L 5151:127.0.0.1:5151 you@machine     (on your own machine)
    """
    import signal
    import webbrowser

    from ..annotate.mongo import running_mongod

    with running_mongod():
        from ..annotate.fiftyone_app import running_app

        click.echo("Starting the FiftyOne App ...", err=True)
        with running_app(name, port=port) as url:
            for end in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: or the App would outlive this command
                signal.signal(end, signal.default_int_handler)
            click.echo(f"{url}  (Ctrl-C stops it)")
            if not remote:
                webbrowser.open(url)
            try:
                signal.pause()
            except KeyboardInterrupt:
                click.echo()


annotate.add_command(agree)
annotate.add_command(labelme)
annotate.add_command(preannotate)
annotate.add_command(review)
