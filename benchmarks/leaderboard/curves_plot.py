"""Accuracy over the threshold, a line a model: how much worse it gets as one asks for more precision."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from ..metrics.metric import Metric
from .board import Board
from .figures import figure_of, svg
from .model_line import ModelLine
from .standing import Standing
from .words import scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def bands(board: Board) -> dict[str, list[Metric[Any]]]:
    """Metrics of one quantity at two thresholds or more, by band, in order of the threshold."""
    metrics = sorted((m for m in board.protocol.metrics if m.band), key=lambda m: (m.band, m.at))
    found = {band: list(members) for band, members in groupby(metrics, lambda m: m.band)}
    return {band: members for band, members in found.items() if len(members) > 1}


def plot_curves(board: Board, standings: Mapping[str, Mapping[str, Standing]], metrics: Sequence[Metric[Any]]) -> bytes:
    """SVG. Thresholds stand at equal distances, as they double; bars are the 95 % intervals over patients."""
    figure, (axes,) = figure_of(1, 1, (5.4, 4.0))
    at = np.arange(len(metrics))
    for place, (name, cells) in enumerate(standings.items()):
        aside = (place - (len(standings) - 1) / 2) * min(0.05, 0.4 / len(standings))  # bars beside each other
        _plot_model(axes, at + aside, [cells[metric.name] for metric in metrics], metrics[0], ModelLine.of(board, name))
    axes.set_xticks(at, [f"{metric.at:g}" for metric in metrics])
    axes.set_xlabel("threshold")
    axes.set_ylabel(metrics[0].unit or "share")
    if metrics[0].unit == "%":
        axes.set_ylim(-2, 102)
    if axes.containers:
        figure.legend(loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    return svg(figure)


def _plot_model(axes: "Axes", at: np.ndarray, cells: Sequence[Standing], metric: Metric[Any], line: ModelLine) -> None:
    if not any(standing.defined for standing in cells):
        return
    value, low, high = (
        np.array([getattr(standing, name) for standing in cells]) * scale(metric.unit)
        for name in ("value", "low", "high")
    )
    reach = np.nan_to_num(np.maximum([value - low, high - value], 0))
    axes.errorbar(
        at, value, reach, color=line.colour, marker=line.marker, ls=line.dashes, label=line.label, ms=5, lw=1.5,
        elinewidth=0.8,
    )  # fmt: skip
