"""Agreement as tables in the terminal."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from .agreement import Agreement
from .agreement_words import (
    COUPLE_HEAD,
    couple_rows,
    drawer_rows,
    limits_line,
    onset_rows,
    patients_line,
    point_rows,
    region_rows,
)
from .consensus_rows import ConsensusRows
from .rules import RULES

_MOST: Final = 10
_COUPLE_COLUMNS: Final = 7  # without the ICC by pair, so that they fit into a terminal


def print_agreement(agreement: Agreement, rule: str, rows: ConsensusRows) -> None:
    """Print what was measured, the worst disagreements, and what the rule decides, to stdout."""
    console = Console(highlight=False, markup=False)
    head = ("", "value", "of")
    if agreement.points:
        console.print(_table("Points", head, point_rows(agreement.points)))
        pairs = [row[:_COUPLE_COLUMNS] for row in couple_rows(agreement.points)]
        console.print(_table("Points by pair", COUPLE_HEAD[:_COUPLE_COLUMNS], pairs))
    if agreement.regions:
        console.print(_table("Regions", head, region_rows(agreement.regions)))
        head_of_drawers = ("beside STAPLE's region", "sensitivity", "specificity", "frames")
        console.print(_table("People's regions", head_of_drawers, drawer_rows(agreement.regions)))
    if agreement.onsets:
        console.print(_table("Onsets", head, onset_rows(agreement.onsets)))
    console.print(patients_line(agreement))
    _disagreements(console, agreement)
    made = f"{len(rows.points)} points, {len(rows.masks)} regions, {len(rows.onsets)} onsets"
    console.print(f"Rule {rule} ({RULES[rule].says}): {made}; {len(rows.undecided)} left to a person")


def _disagreements(console: Console, agreement: Agreement) -> None:
    found = agreement.disagreements
    console.print(f"{limits_line(agreement)} {len(found)} such:")
    for one in found[:_MOST]:
        console.print(f"  {one.clip_id} frame {one.frame} {one.target}: {one.reason}")
    if len(found) > _MOST:
        console.print(f"  ... and {len(found) - _MOST} more")


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for i, name in enumerate(head):
        table.add_column(name, justify="left" if i == 0 else "right")
    for row in rows:
        table.add_row(*row)
    return table
