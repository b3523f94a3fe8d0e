"""Stated against observed: of the answers a model gave with some confidence, how many were right."""

import numpy as np

from ..metrics.calibration import Calibration, reliability_curve
from .board import HUMAN, Board
from .figures import figure_of, svg
from .model_line import ModelLine


def plot_reliability(board: Board) -> bytes:
    """SVG of the protocol's first calibration metric, all seeds of a model together; empty where it has none."""
    name = next((name for name, one in board.runs[0].summaries.items() if isinstance(one, Calibration)), "")
    if not name:
        return b""
    figure, (axes,) = figure_of(1, 1, (4.8, 4.8))
    axes.plot([0, 1], [0, 1], color="#888888", lw=1)
    for model, runs in board.models.items():
        made = [one for one in (run.summaries[name] for run in runs) if isinstance(one, Calibration)]
        confidence = np.concatenate([one.confidence for one in made])
        happened = np.concatenate([one.happened for one in made])
        if model != HUMAN and not np.isnan(confidence).all():
            curve, line = reliability_curve(confidence, happened), ModelLine.of(board, model)
            some = curve.n > 0
            size = 8 + 90 * curve.n[some] / curve.n.sum()
            at = curve.confidence[some], curve.frequency[some]
            axes.plot(*at, line.dashes, color=line.colour, lw=1)
            axes.scatter(*at, size, color=line.colour, marker=line.marker, label=line.label)
    if not axes.collections:
        return b""
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="stated confidence", ylabel="how often it is so")
    figure.legend(loc="outside lower center", ncols=2, fontsize=9, frameon=False, markerscale=0.7)
    return svg(figure)
