"""All plots of a board, by what they show."""

from typing import Final

from .board import HUMAN
from .breakdown_plot import plot_strata
from .curves_plot import bands, plot_curves
from .efficiency_table import plot_efficiency
from .error_curves_plot import plot_errors
from .findings import Findings
from .interval_plot import plot_intervals
from .ranks_plot import plot_ranks
from .reliability_plot import plot_reliability
from .words import slug

FOLDER: Final = "plots"


def plots(found: Findings) -> dict[str, tuple[str, bytes]]:
    """Address and SVG of `intervals`, `ranks`, `band <name>`, `errors`, `by <what>`, `confidence` and `cost`.

    What there is nothing to draw of is left out.
    """
    board = found.board
    names = [*found.order, *sorted(board.leaky), *([HUMAN] if HUMAN in board.models else [])]
    drawn = {"intervals": plot_intervals(board, found.standings, names, board.primary)}
    if found.stability is not None:
        drawn["ranks"] = plot_ranks(list(found.ranks), found.stability.frequency)
    for band, metrics in bands(board).items():
        drawn[f"band {band}"] = plot_curves(board, found.standings, metrics)
    drawn["errors"] = plot_errors(board)
    for what, strata in found.breakdowns.items():
        drawn[f"by {what}"] = plot_strata(found, strata)
    drawn["confidence"] = plot_reliability(board)
    drawn["cost"] = plot_efficiency(found)
    return {name: (f"{FOLDER}/{board.key.page}-{slug(name)}.svg", data) for name, data in drawn.items() if data}
