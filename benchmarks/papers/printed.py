"""A paper's table as text, the way one can hold it beside the page, made into rows."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from .paper_table import Column, Figure, Panel, Row

NOT_PRINTED: Final = "?"
_FIGURE: Final = re.compile(r"(?P<value>\d+(\.\d+)?)( ± (?P<spread>\d+(\.\d+)?))?M?")


def printed(
    text: str,
    heads: Sequence[str],
    columns: Sequence[Column],
    *,
    entries: Mapping[str, str] | None = None,
    protocols: Mapping[str, str] | None = None,
    title: str = "",
) -> Panel:
    """Read lines of cells between bars: text cells under `heads`, then figures under `columns`.

    A line without a bar is the heading of a section; `?` is a figure that the paper shows but does not print. entries,
    protocols: our model's name and its protocol, by the row's key. Raises ValueError for a line that does not fit, and
    for keys of no row.
    """
    rows, section = [], ""
    for line in filter(None, (each.strip() for each in text.splitlines())):
        if "|" not in line:
            section = line
            continue
        cells = [cell.strip() for cell in line.split("|")]
        labels, figures = tuple(cells[: len(heads)]), tuple(map(_figure, cells[len(heads) :]))
        key = " ".join(labels)
        rows.append(Row(labels, figures, (entries or {}).get(key, ""), section, (protocols or {}).get(key, "")))
    strange = {*(entries or {}), *(protocols or {})} - {row.key for row in rows}
    if strange:
        raise ValueError(f"no row is called {', '.join(sorted(strange))}")
    return Panel(tuple(heads), tuple(columns), tuple(rows), title)


def _figure(cell: str) -> Figure | None:
    if cell == NOT_PRINTED:
        return None
    found = _FIGURE.fullmatch(cell)
    if not found:
        raise ValueError(f"a figure must be like 1.23, 1.23 ± 0.45 or 27.2M, got {cell!r}")
    return Figure(float(found["value"]), float(found["spread"]) if found["spread"] else None)
