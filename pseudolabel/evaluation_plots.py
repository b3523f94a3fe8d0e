"""The evaluation page's plots. Distances in pixels of a picture REFERENCE_WIDTH wide."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from ..models.point_tracker import REFERENCE_WIDTH
from .accuracy import ENGINE, HOLD_STILL, LINEAR, RAW, ScoredFrames
from .evaluation_scores import Group, in_reference_px
from .evaluation_words import way_title
from .report_plots import figure_of, plot_coverage, plot_shares, png

if TYPE_CHECKING:
    pass

_COLOURS: Final = {
    HOLD_STILL: "#ced4da",
    LINEAR: "#868e96",
    RAW: "#e8590c",
    "paper": "#7048e8",
    "bridge": "#f2a900",
    ENGINE: "#0b7285",
}
_UNIT: Final = f"px of a picture {REFERENCE_WIDTH} wide"
_PLACES: Final = 10  # parts of a gap
_MOST_GROUPS: Final = 12


def plot_distances(frames: ScoredFrames, preset: str) -> bytes:
    """Share of frames within each distance, by way; the engine's kept frames beside all of its. PNG."""
    figure, (axes,) = figure_of(1, 1, (6.4, 4.0))
    for way, colour in _COLOURS.items():
        plot_shares(axes, in_reference_px(frames.distance[way], frames), way_title(way, preset), colour)
    kept = frames.where(frames.kept)
    plot_shares(axes, in_reference_px(kept.distance[ENGINE], kept), "engine, kept frames", _COLOURS[ENGINE], "--")
    axes.set_xlabel(f"error, {_UNIT}")
    axes.legend(fontsize=8)
    return png(figure)


def plot_gap(frames: ScoredFrames, preset: str) -> bytes:
    """Mean error by where in the gap a frame lies, from the label before (0) to the one after (1), by way. PNG."""
    figure, (axes,) = figure_of(1, 1, (6.4, 4.0))
    place = np.minimum(np.floor(frames.position * _PLACES), _PLACES - 1)  # NaN, without a label after, is nowhere
    for way, colour in _COLOURS.items():
        distance = in_reference_px(frames.distance[way], frames)
        means = [_mean(distance[place == i]) for i in range(_PLACES)]
        axes.plot((np.arange(_PLACES) + 0.5) / _PLACES, means, ".-", color=colour, label=way_title(way, preset))
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("place in the gap: 0 the label before, 1 the label after")
    axes.set_ylabel(f"mean error, {_UNIT}")
    axes.legend(fontsize=8)
    return png(figure)


def plot_calibration(frames: ScoredFrames, preset: str) -> bytes:
    """Stated against observed share of references inside the ellipse, of every way that states one. PNG."""
    figure, (axes,) = figure_of(1, 1, (6.4, 4.0))
    kept = frames.where(frames.kept)
    for way in (RAW, "paper", "bridge"):
        plot_coverage(axes, frames.squared[way], way_title(way, preset), _COLOURS[way])
    plot_coverage(axes, frames.squared[ENGINE], way_title(ENGINE, preset), _COLOURS[ENGINE])
    plot_coverage(axes, kept.squared[ENGINE], "engine, kept frames", _COLOURS[ENGINE], "--")
    axes.legend(fontsize=8)
    return png(figure)


def plot_trade_off(frames: ScoredFrames) -> bytes:
    """Mean error of the surest frames against how many of them are taken, and where the gates stand. PNG."""
    figure, (axes,) = figure_of(1, 1, (6.4, 4.0))
    distance = in_reference_px(frames.distance[ENGINE], frames)
    answered = np.isfinite(distance)
    order = np.argsort(_spread(frames)[answered], kind="stable")
    distance, kept = distance[answered][order], frames.kept[answered][order]
    n = np.arange(1, len(distance) + 1)
    axes.plot(n / len(frames), np.cumsum(distance) / n, color=_COLOURS[ENGINE], label="surest first, by stated spread")
    best = np.cumsum(np.sort(distance)) / n
    axes.plot(n / len(frames), best, color="#adb5bd", lw=1, label="best possible order")
    if kept.any():
        axes.plot(kept.sum() / len(frames), distance[kept].mean(), "o", color="#e03131", label="what the gates keep")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("share of frames taken")
    axes.set_ylabel(f"their mean error, {_UNIT}")
    axes.legend(fontsize=8)
    return png(figure)


def plot_groups(groups: Mapping[str, Group], preset: str) -> bytes:
    """Mean error by group and way; the engine's kept frames as a dot. PNG."""
    shown = dict(list(groups.items())[:_MOST_GROUPS])
    figure, (axes,) = figure_of(1, 1, (9.2, 1.4 + 0.62 * len(shown)))
    at = np.arange(len(shown))
    height = 0.84 / len(_COLOURS)
    for i, (way, colour) in enumerate(_COLOURS.items()):
        means = [group.ways[way]["all"].reference.mean for group in shown.values()]
        axes.barh(at - 0.42 + (i + 0.5) * height, means, height, color=colour, label=way_title(way, preset))
    kept = [group.ways[ENGINE]["kept"].reference.mean for group in shown.values()]
    axes.plot(kept, at + 0.42 - height / 2, "D", color="#e03131", ms=4, label="engine, kept frames")
    axes.set_yticks(at, [f"{name} ({group.frames})" for name, group in shown.items()])
    axes.invert_yaxis()
    axes.set_xlabel(f"mean error, {_UNIT}")
    figure.legend(fontsize=8, ncols=4, loc="outside upper center", frameon=False, handlelength=1)
    return png(figure)


def _spread(frames: ScoredFrames) -> np.ndarray:
    """The engine's standard deviation along the ellipse's long axis, reference pixels: (N,), NaN where unknown."""
    known = np.isfinite(frames.covariance).all((1, 2))
    longest = np.full(len(frames), np.nan)
    longest[known] = np.sqrt(np.linalg.eigvalsh(frames.covariance[known])[:, -1])
    return in_reference_px(longest, frames)


def _mean(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")
