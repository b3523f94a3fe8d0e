"""The papers' own figures as rows of our tables: beside ours, never among them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from ..papers.registry import TABLES
from ..papers.registry import Reported as ReportedFigure
from ..papers.registry import reported_rows as reported_figures
from ..protocols.protocol import Protocol

COSTS: Final = ("parameters", "flops", "frames_per_s", "latency_s", "memory_mib")


@dataclass(frozen=True)
class ReportedRow:
    """A row of a paper's table. source: paper, table, page and data; shown: cells as printed, by our metric's name.

    notes: numbers of the footnotes that touch it.
    """

    model: str
    source: str
    shown: dict[str, str]
    values: dict[str, float]
    notes: tuple[int, ...]


@dataclass(frozen=True)
class Reported:
    """scores: rows of a protocol's metrics; costs: of efficiency; footnotes: of both, the first is number 1."""

    scores: tuple[ReportedRow, ...] = ()
    costs: tuple[ReportedRow, ...] = ()
    footnotes: tuple[str, ...] = ()


def reported(protocol: Protocol) -> Reported:
    """What the papers say of a protocol's metrics, in the papers' order."""
    figures = reported_figures(protocol.name)
    metrics = {metric.name for metric in protocol.metrics}
    used = [figure for figure in figures if figure.metric in metrics or figure.metric in COSTS]
    footnotes = tuple(dict.fromkeys(note for figure in used for note in _notes(figure)))
    return Reported(_rows(used, metrics, footnotes), _rows(used, COSTS, footnotes), footnotes)


def _rows(
    figures: Sequence[ReportedFigure], metrics: Collection[str], footnotes: Sequence[str]
) -> tuple[ReportedRow, ...]:
    found: dict[tuple[str, ...], list[ReportedFigure]] = {}
    for one in figures:
        if one.metric in metrics:
            found.setdefault((one.paper, one.table, one.model, one.dataset), []).append(one)
    return tuple(_row(group, footnotes) for group in found.values())


def _row(figures: list[ReportedFigure], footnotes: Sequence[str]) -> ReportedRow:
    one = figures[0]
    data = "" if one.dataset == one.paper else one.dataset
    source = ", ".join(part for part in (f"{one.paper} {one.table}", _page(one.page), data) if part)
    notes = {footnotes.index(note) + 1 for figure in figures for note in _notes(figure)}
    shown = {figure.metric: _printed(figure) for figure in figures}
    return ReportedRow(one.model, source, shown, {f.metric: f.value for f in figures}, tuple(sorted(notes)))


def _page(page: str) -> str:
    return f"p. {page}" if page else ""


def _printed(figure: ReportedFigure) -> str:
    """As the papers do: scores with two decimals, 40.00, costs with as many as they have."""
    if figure.metric in COSTS:
        return f"{figure.value:g}"
    return f"{figure.value:.2f}" + (f" ± {figure.spread:.2f}" if figure.spread is not None else "")


def _notes(figure: ReportedFigure) -> tuple[str, ...]:
    """Its own, and its whole table's."""
    table = next(t for t in TABLES.values() if (t.paper, t.title) == (figure.paper, figure.table))
    whole = [note.text for note in table.notes if not note.rows and not note.columns]
    return tuple(f"{figure.paper} {figure.table}: {text}" for text in (figure.note, *whole) if text)
