"""The papers' tables by name, and their figures as rows for a leaderboard."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from . import (
    bleedorigin_networks,
    bleedorigin_onset,
    bleedorigin_source,
    bleedorigin_track,
    surgblood_ablations,
    surgblood_comparisons,
)
from .paper_table import Column, Panel, Paper, PaperTable, Row

_ALL: Final = (
    *surgblood_comparisons.TABLES,
    *surgblood_ablations.TABLES,
    *bleedorigin_onset.TABLES,
    *bleedorigin_source.TABLES,
    *bleedorigin_track.TABLES,
    *bleedorigin_networks.TABLES,
)


def _order(table: PaperTable) -> tuple[bool, int]:
    paper, number = table.name.split("-")
    return paper != "surgblood", int(number)


TABLES: Final[Mapping[str, PaperTable]] = {table.name: table for table in sorted(_ALL, key=_order)}


@dataclass(frozen=True)
class Reported:
    """One figure of a paper; it is reported, and was not reproduced here.

    table: `Table 2`. model: as printed, with its setting. entry: our model of that name, "" where we have none. metric:
    our name. value and spread: as printed, in percent, px, frames, millions (parameters), 1e9 (flops), MB. note: what
    contradicts it or says how it was read; "" where nothing does.
    """

    paper: Paper
    table: str
    page: str
    model: str
    entry: str
    protocol: str
    dataset: str
    metric: str
    value: float
    spread: float | None
    note: str


def reported_rows(protocol: str, dataset: str = "", *, ablations: bool = False) -> list[Reported]:
    """What the papers report of one protocol, on one data set or all; ablations only where wanted.

    Order is the papers': by table, row and column. A model that stands in several tables comes once for each.
    """
    tables = (table for table in TABLES.values() if ablations or table.name not in ABLATIONS)
    rows = [row for table in tables for row in reported_in(table)]
    return [row for row in rows if row.protocol == protocol and dataset in ("", row.dataset)]


ABLATIONS: Final = frozenset(name for name, table in TABLES.items() if table.subject and name != "bleedorigin-10")
"""Tables whose rows are variants of one model. Table 10 of BleedOrigin lists its stages, which is another thing."""


def reported_in(table: PaperTable) -> list[Reported]:
    """Every printed figure of one table."""
    return [
        Reported(
            paper=table.paper,
            table=table.title,
            page=table.page,
            model=model_name(table, panel, row, column),
            entry=row.entry,
            protocol=row.protocol or column.protocol,
            dataset=column.dataset,
            metric=column.metric,
            value=figure.value,
            spread=figure.spread,
            note=" ".join(note.text for note in table.notes_on(row, column)),
        )
        for panel, row, column, figure in table.cells()
        if figure
    ]


def model_name(table: PaperTable, panel: Panel, row: Row, column: Column) -> str:
    """What the figure is of: the method, or the variant of the table's subject, and the setting."""
    if not table.subject:
        name = row.labels[0]
    elif len(panel.heads) == 1:
        name = f"{table.subject}, {panel.heads[0]}: {row.labels[0]}"
    else:
        name = f"{table.subject}, " + ", ".join(f"{h} {cell}" for h, cell in zip(panel.heads, row.labels, strict=True))
    return f"{name}, {column.setting}" if column.setting else name
