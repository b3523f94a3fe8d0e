"""The primary metric by stratum: where a model is good, and where its mean hides that it is not."""

from collections.abc import Sequence
from html import escape

import numpy as np

from .document import cell, column, name_cell, row, table
from .figures import figure_of, plain, svg
from .findings import Findings, Stratum
from .model_line import ModelLine
from .words import NOTHING, counted, figure, head, interval, scale

_MOST = 14  # strata of a plot; the table has all


def plot_strata(found: Findings, strata: Sequence[Stratum]) -> bytes:
    """SVG: a row a stratum, a dot a model with its 95 % interval, dotted where that is not to be relied on.

    Empty where no model has a figure.
    """
    shown = strata[:_MOST]
    names = list(strata[0].cells)
    unit = found.board.primary.unit
    step = min(0.16, 0.8 / len(names))
    figure, (axes,) = figure_of(1, 1, (5.4, 1.6 + max(0.34, 0.1 * len(names)) * len(shown)))
    for aside, name in enumerate(names):
        line = ModelLine.of(found.board, name)
        for place, stratum in enumerate(shown):
            one = stratum.cells[name]
            if one.defined:
                value, ends = one.value * scale(unit), (one.low * scale(unit), one.high * scale(unit))
                at = place + (aside - (len(names) - 1) / 2) * step
                if np.isfinite(ends).all():
                    axes.plot(ends, [at, at], color=line.colour, lw=1.1, ls=":" if one.why else "-")
                axes.plot([value], [at], line.marker, color=line.colour, ms=4.5)
        if any(stratum.cells[name].defined for stratum in shown):
            axes.plot([], [], line.marker, color=line.colour, label=line.label)
    if not axes.lines:
        return b""
    axes.set_yticks(range(len(shown)), [f"{plain(s.name, 24)}\n{_size(s)}" for s in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlabel(head(found.board.primary))
    figure.legend(loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    return svg(figure)


def _size(stratum: Stratum) -> str:
    if stratum.n_patients > 1:
        return counted(stratum.n_patients, "patient")
    return counted(stratum.n_clips, "clip")


def strata_table(found: Findings, what: str, strata: Sequence[Stratum]) -> str:
    """HTML: a row a stratum, a column a model."""
    unit = found.board.primary.unit
    first = "descending" if found.board.primary.better == "higher" else "ascending"
    top = [column(what), column("patients"), column("clips"), *(column(name, first=first) for name in strata[0].cells)]
    rows = []
    for stratum in strata:
        cells = [
            cell(
                f"{figure(one.value, unit)}{' †' if one.why else ''}" if one.defined else NOTHING,
                repr(one.value) if one.defined else "",
                small=interval(one.low, one.high, unit),
                hint=one.why,
            )
            for one in stratum.cells.values()
        ]
        counts = [cell(str(stratum.n_patients)), cell(str(stratum.n_clips))]
        rows.append(row([name_cell(escape(stratum.name), stratum.name), *counts, *cells]))
    return table(top, rows, f"By {what}")
