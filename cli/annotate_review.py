"""`bleedkit annotate review`: one reviewer at work in the FiftyOne App."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..annotate.review.pull_decisions import Pulled


@click.command()
@click.argument("cohort", type=click.Path(path_type=Path))
@click.option("--reviewer", required=True, help="Who reviews: the annotator of the labels; best a pseudonym.")
@click.option(
    "--order",
    type=click.Choice(["gain", "random", "temporal"]),
    default="gain",
    show_default=True,
    help="Which frame comes first: where a look helps most, any, or as time goes.",
)
@click.option("--team", help="All reviewers, comma-separated: each gets clips of their own.")
@click.option("--name", help="FiftyOne dataset to review in; the cohort's name by default.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the App; 5151, or a free one, by default.")
@click.option("--remote", is_flag=True, help="Do not open a browser on this machine.")
def review(
    cohort: Path, *, reviewer: str, order: str, team: str | None, name: str | None, port: int | None, remote: bool
) -> None:
    """Review COHORT in the browser, by keyboard, until Ctrl-C.

    Every decision is written to COHORT/review/REVIEWER.jsonl before the screen shows it as saved. When the review ends,
    and when the next one starts, decisions become label rows of the cohort; nothing that a person said is overwritten.
    Several reviewers may work at the same time, each with this command and a name of their own.

    \b
    Example:
      bleedkit annotate review cohort --reviewer kim
    On a machine you work on through SSH:
      bleedkit annotate review cohort --reviewer kim --remote --port 5151
      ssh -N -L 5151:127.0.0.1:5151 you@machine     (on your own machine)
    """
    import signal
    import webbrowser

    from ..annotate.mongo import running_mongod
    from ..annotate.review.place import ReviewPlace
    from ..annotate.review.pull_decisions import pull_decisions
    from ..datasets.cohort import Cohort
    from ..datasets.errors import BleedkitError

    opened = Cohort(cohort)
    members = tuple(one.strip() for one in (team or "").split(",") if one.strip())
    place = ReviewPlace(cohort, opened.media_root, reviewer, name or opened.meta.name, order, members)  # type: ignore[arg-type]
    ended = ""
    # Also where a script started us with Ctrl-C ignored: what was decided is to be brought home.
    for end in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, signal.default_int_handler)
    with running_mongod() as uri:
        from ..annotate.review.app import prepare, running_review

        pulled, pushed = prepare(place)
        _tell(pulled, "Brought home from earlier reviews")
        click.echo(f"FiftyOne dataset {pushed.name}: {pushed.inserted} frames new, {pushed.updated} updated")
        click.echo("Starting the FiftyOne App ...", err=True)
        try:
            with running_review(place, uri, port=port) as running:
                click.echo(f"{running.url}  (Ctrl-C ends the review)")
                if not remote:
                    webbrowser.open(running.url)
                ended = running.wait()
        except KeyboardInterrupt:
            click.echo()
        _tell(pull_decisions(Cohort(cohort)), "Brought home")
    if ended:
        raise BleedkitError(
            f"{ended} ended by itself", "start the review again; every decision shown as saved is saved"
        )


def _tell(pulled: "Pulled", what: str) -> None:
    """What a pull of the logs brought, and what in them is broken."""
    if pulled.rows:
        click.echo(f"{what}: {pulled.rows} label rows of {', '.join(pulled.reviewers)}")
    for problem in (*pulled.broken, *pulled.lost):
        click.echo(f"Left out: {problem}", err=True)
