"""The primary metric of every model with its interval and its seeds, in order of rank."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..metrics.metric import Metric
from .board import HUMAN, Board
from .figures import figure_of, svg
from .model_line import ModelLine
from .standing import Standing
from .words import head, scale


def plot_intervals(
    board: Board, standings: Mapping[str, Mapping[str, Standing]], names: Sequence[str], metric: Metric[Any]
) -> bytes:
    """SVG. names: models from the top down. Dot: mean over seeds; bar: 95 % over patients; rings: single seeds."""
    figure, (axes,) = figure_of(1, 1, (5.4, 1.1 + 0.42 * len(names)))
    for place, name in enumerate(names):
        _plot_model(axes, place, standings[name][metric.name], metric, ModelLine.of(board, name))
    human = standings.get(HUMAN, {}).get(metric.name)
    if human is not None and human.defined:
        axes.axvline(human.value * scale(metric.unit), color="#222222", ls=":", lw=1.2)
    axes.set_yticks(range(len(names)), [ModelLine.of(board, name).label for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel(head(metric))
    return svg(figure)


def _plot_model(axes: Any, place: int, standing: Standing, metric: Metric[Any], line: ModelLine) -> None:
    if not standing.defined:
        return
    times = scale(metric.unit)
    value = standing.value * times
    reach = np.nan_to_num(np.maximum([[value - standing.low * times], [standing.high * times - value]], 0))
    dashes = "--" if standing.why else "-"
    bars = axes.errorbar([value], [place], xerr=reach, fmt=line.marker, color=line.colour, ms=7, lw=1.6, capsize=3)
    for bar in bars[2]:
        bar.set_linestyle(dashes)
    seeds = [score.value * times for score in standing.by_seed.values()]
    axes.plot(seeds, [place + 0.24] * len(seeds), "o", mfc="none", mec=line.colour, ms=4, mew=0.8)
