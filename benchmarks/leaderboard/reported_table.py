"""The papers' rows below ours: one block a table of a paper, said to be reported, with its page and its footnotes."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby

from .document import cell, name_cell, row
from .reported_rows import ReportedRow


def reported_bodies(rows: Sequence[ReportedRow], width: int, cells: Callable[[ReportedRow], Iterator[str]]) -> str:
    """HTML: `<tbody>`s. width: columns of the table; cells: HTML of a row's cells behind its name."""
    return "".join(_body(source, list(group), width, cells) for source, group in groupby(rows, lambda one: one.source))


def figure_cell(one: ReportedRow, metric: str) -> str:
    """The figure as the paper prints it, or nothing."""
    return cell(one.shown.get(metric, ""), one.values.get(metric, ""))


def _body(source: str, rows: Sequence[ReportedRow], width: int, cells: Callable[[ReportedRow], Iterator[str]]) -> str:
    """Footnotes that touch every row of the block stand at its head."""
    shared = set.intersection(*(set(one.notes) for one in rows))
    said = f"Reported, not reproduced here: {escape(source)}{_marks(sorted(shared))}. Their data and split; not ranked."
    shown = (
        row(
            [
                name_cell(f"{escape(one.model)}{_marks([n for n in one.notes if n not in shared])}", one.model),
                *cells(one),
            ],
            "reported",
        )
        for one in rows
    )
    return f"<tbody>{says(said, width)}{''.join(shown)}</tbody>"


def says(html: str, width: int) -> str:
    """A row of words over all columns, which stays where it is when rows are sorted."""
    return f'<tr class="says"><td colspan="{width}"><span>{html}</span></td></tr>'


def _marks(notes: Sequence[int]) -> str:
    return f"<sup>{', '.join(map(str, notes))}</sup>" if notes else ""
