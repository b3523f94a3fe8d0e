"""`bleedkit annotate agree`: how far annotators agree, where they do not, and what they say together."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..annotate.consensus.agreement import Agreement
    from ..annotate.consensus.consensus_rows import ConsensusRows

RULE_NAMES = ("mean", "median", "majority", "two_teams", "expert", "surgblood", "staple")


@click.command()
@click.argument("cohort", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="agreement.html, .json and all pairs.")
@click.option("--target", default="", help="Only this target, such as source; all by default.")
@click.option("--rule", type=click.Choice(RULE_NAMES), default="majority", show_default=True, help="Consensus rule.")
@click.option("--team", "teams", multiple=True, help="Who labelled together, comma-separated; twice, for two_teams.")
@click.option(
    "--limit",
    type=click.FloatRange(min=0),
    default=25.0,
    show_default=True,
    help="Points farther apart are a disagreement: px of a picture 1240 px wide.",
)
@click.option(
    "--dice",
    type=click.FloatRange(0, 1),
    default=0.7,
    show_default=True,
    help="Regions that overlap less are a disagreement.",
)
@click.option(
    "--onset",
    "onset_s",
    type=click.FloatRange(min=0),
    default=0.5,
    show_default=True,
    help="Onsets farther apart are a disagreement: seconds.",
)
@click.option("--queue", is_flag=True, help="Put disagreements into COHORT's review queue, in place of the last run's.")
@click.option("--write", is_flag=True, help="Add the rule's consensus to COHORT, as pseudo-labels beside people's.")
@click.option("--json", "as_json", is_flag=True, help="Print agreement.json instead of tables.")
def agree(
    cohort: Path,
    *,
    out: Path | None,
    target: str,
    rule: str,
    teams: tuple[str, ...],
    limit: float,
    dice: float,
    onset_s: float,
    queue: bool,
    write: bool,
    as_json: bool,
) -> None:
    """Say how far the annotators of COHORT agree on points, regions and onsets, and where they do not.

    Compared is what people gave by themselves, before any review. COHORT is changed by --queue and --write alone, and
    no human label is ever replaced.

    \b
    Rules: mean, median of everybody; majority: what more than half say; two_teams: two teams that agree, else the
    majority (BleedOrigin); expert: the reviewer's word; surgblood: what reviewers together refined; staple: regions.

    \b
    Look:             bleedkit annotate agree cohort --out agreement
    For a reviewer:   bleedkit annotate agree cohort --queue
    As BleedOrigin:   bleedkit annotate agree cohort --rule two_teams --team kim,lee --team roy,sun --write
    """
    from ..annotate.consensus.agreement import consensus_of, measure_agreement
    from ..annotate.consensus.agreement_files import agreement_document, write_agreement
    from ..annotate.consensus.agreement_text import print_agreement
    from ..annotate.consensus.terms import Terms
    from ..datasets.cohort import Cohort

    opened = Cohort(cohort)
    members = tuple(frozenset(name.strip() for name in team.split(",") if name.strip()) for team in teams)
    terms = Terms(limit, onset_s, dice, members)
    found = measure_agreement(opened, terms, target=target)
    rows = consensus_of(opened, rule, terms, target=target)
    page = write_agreement(found, rule, rows, out) if out is not None else None
    document = agreement_document(found, rule, rows)
    said = _change(found, rows, queue=queue, write=write)
    if as_json:
        click.echo(json.dumps({**document, **said}, indent=2, sort_keys=True))
        return
    print_agreement(found, rule, rows)
    if queue:
        click.echo(f"Disagreements now in the review queue of {cohort}: {said['queued']}")
    if write:
        click.echo(f"New consensus labels in {cohort}: {sum(said['written'].values())}")
    if page is not None:
        click.echo(f"Look at it: {page}")


def _change(found: "Agreement", rows: "ConsensusRows", *, queue: bool, write: bool) -> dict[str, Any]:
    """Write what was asked for; returns how much of it, by kind."""
    from ..annotate.consensus.consensus_rows import write_consensus
    from ..annotate.consensus.disagreements import queue_disagreements

    said: dict[str, Any] = {}
    if write:
        added = write_consensus(found.cohort, rows)
        said["written"] = {name: added[name] for name in ("points", "masks", "onsets")}
    if queue:
        said["queued"] = queue_disagreements(found.cohort, found.disagreements, found.terms, target=found.target)
    return said
