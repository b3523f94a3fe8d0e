"""A paper's table with our figures for machines: one line a figure."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from .paper_table import Column, Figure, Panel, PaperTable, Row
from .registry import model_name
from .reproduced import Reproduced


@dataclass(frozen=True)
class TableFigure:
    """One place of a table. Figures are in `unit`, shares in percent; None where there is none.

    row and column: as printed. model: as the paper calls it, with its setting. entry: our model. dataset: the paper's;
    cohort, split, fold, truth, seeds: ours. leaky: ours is of a split with a patient in several parts.
    """

    paper: str
    table: str
    page: str
    panel: str
    section: str
    row: str
    column: str
    model: str
    protocol: str
    dataset: str
    metric: str
    unit: str
    reported: float | None
    reported_spread: float | None
    entry: str
    here: float | None
    here_spread: float | None
    seeds: tuple[int, ...]
    cohort: str
    split: str
    fold: int | None
    truth: str
    leaky: bool
    notes: tuple[str, ...]


def figures(table: PaperTable, found: Reproduced) -> list[TableFigure]:
    """Every printed place in order, then models of ours that the paper does not list."""
    return [
        *(_figure(table, found, panel, row, (column, figure)) for panel, row, column, figure in table.cells()),
        *_others(table, found),
    ]


def _others(table: PaperTable, found: Reproduced) -> Iterator[TableFigure]:
    for model in found.others:
        for panel in table.panels:
            row = Row((model, *("" for _ in panel.heads[1:])), (None,) * len(panel.columns), entry=model)
            for column in panel.columns:
                yield _figure(table, found, panel, row, (column, None))


def _figure(
    table: PaperTable, found: Reproduced, panel: Panel, row: Row, place: tuple[Column, Figure | None]
) -> TableFigure:
    column, figure = place
    protocol = row.protocol or column.protocol
    here = found.here(protocol, row.entry, column) if row.entry else None
    run = found.evaluations[protocol] if here else None
    return TableFigure(
        paper=table.paper,
        table=table.title,
        page=table.page,
        panel=panel.title,
        section=row.section,
        row=row.key.strip(),
        column=column.key,
        model=model_name(table, panel, row, column),
        protocol=protocol,
        dataset=column.dataset,
        metric=column.metric,
        unit=column.unit,
        reported=figure.value if figure else None,
        reported_spread=figure.spread if figure else None,
        entry=row.entry,
        here=here.value if here else None,
        here_spread=here.spread if here else None,
        seeds=here.seeds if here else (),
        cohort=run.cohort if run else "",
        split=run.split if run else "",
        fold=run.fold if run else None,
        truth=run.truth if run else "",
        leaky=bool(here and here.leaky),
        notes=tuple(note.text for note in table.notes_on(row, column)),
    )


def _whole(table: PaperTable) -> list[str]:
    return [note.text for note in table.notes if not note.rows and not note.columns]


def as_json(table: PaperTable, found: Reproduced) -> str:
    """One document: the table, what has to be known of all of it, and its figures."""
    document = {
        "name": table.name,
        "paper": table.paper,
        "table": table.title,
        "page": table.page,
        "caption": table.caption,
        "notes": _whole(table),
        "figures": [asdict(figure) for figure in figures(table, found)],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_csv(table: PaperTable, found: Reproduced) -> str:
    """A line a figure under a line of names; None is an empty cell.

    Seeds and notes are joined by blanks; the whole table's notes stand with each figure, as a file has no other place.
    """
    whole = _whole(table)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(TableFigure.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    for figure in figures(table, found):
        joined = {"seeds": " ".join(map(str, figure.seeds)), "notes": " ".join([*whole, *figure.notes])}
        writer.writerow({**asdict(figure), **joined})
    return out.getvalue()
