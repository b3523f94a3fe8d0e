"""Share of answers within each error, a line a model: the whole distribution that means and thresholds are cuts of."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from ..metrics.point_metrics import REFERENCE_WIDTH, error, scored
from ..predictions.onset_rows import OnsetRows
from ..predictions.point_rows import PointRows
from ..predictions.region_point_rows import RegionPointRows
from ..predictions.schemas import Task
from .board import Board
from .figures import figure_of, svg
from .model_line import ModelLine


def onset_errors(rows: OnsetRows) -> np.ndarray:
    """Frames off, of each clip that bleeds; infinite where the onset was missed."""
    bleeds = ~np.isnan(rows.true_onset)
    return _or_missed(np.abs(rows.onset - rows.true_onset)[bleeds])


def point_errors(rows: PointRows) -> np.ndarray:
    """Pixels of a frame REFERENCE_WIDTH wide, of each frame that counts; infinite without an answer."""
    return _or_missed(error(rows)[scored(rows)])


def region_point_errors(rows: RegionPointRows) -> np.ndarray:
    """As `point_errors`, of each frame with a visible source."""
    off = np.linalg.norm(rows.point - rows.true_point, axis=1) * REFERENCE_WIDTH / rows.index.size[:, 0]
    return _or_missed(off[rows.true_visible])


_PX: Final = f"error of the point, px of a frame {REFERENCE_WIDTH} wide"
_ERRORS: Final[Mapping[Task, tuple[Callable[[Any], np.ndarray], str]]] = {
    "region-point": (region_point_errors, _PX),
    "onset": (onset_errors, "error of the onset, frames"),
    "source": (point_errors, _PX),
    "track": (point_errors, _PX),
    "deploy": (lambda rows: point_errors(rows.points), _PX),
}


def plot_errors(board: Board) -> bytes:
    """SVG, all seeds of a model together; empty where nothing has an error. A curve ends where the rest is missed."""
    of, label = _ERRORS[board.protocol.task]
    figure, (axes,) = figure_of(1, 1, (5.4, 4.0))
    for name, runs in board.models.items():
        errors = np.sort(np.concatenate([of(run.rows) for run in runs]))
        found = errors[np.isfinite(errors)]
        if len(found):
            line = ModelLine.of(board, name)
            at, share = _steps(found, len(errors))
            axes.plot(at, share, line.dashes, color=line.colour, lw=1.4, drawstyle="steps-post", label=line.label)
    if not axes.lines:
        return b""
    axes.set_xscale("symlog", linthresh=1)
    axes.set(xlim=(0, None), ylim=(-2, 102), xlabel=label, ylabel="share within it, %")
    axes.xaxis.set_major_formatter("{x:g}")
    figure.legend(loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    return svg(figure)


def _steps(found: np.ndarray, n: int, most: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Errors and the percentage within them, thinned to what one can see."""
    places = np.unique(np.linspace(0, len(found) - 1, most).round().astype(int))
    return np.append(0.0, found[places]), np.append(0.0, (places + 1) / n * 100)


def _or_missed(errors: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(errors), np.inf, errors)
