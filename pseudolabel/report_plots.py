"""The report's plots: positions over time, errors, and whether the stated uncertainty can be believed."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from .accuracy import ENGINE, LINEAR, RAW, ScoredFrames
from .dense_track import DenseTrack
from .evaluation_scores import coverage_at
from .known_truth import TargetTruth
from .segments import Segment

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_Z90: Final = 1.6449  # two-sided 90 % of one axis
_COLOURS: Final = {ENGINE: "#0b7285", RAW: "#e8590c", LINEAR: "#868e96"}
_NAMES: Final = {ENGINE: "engine", RAW: "forward track alone", LINEAR: "linear interpolation"}
_RED: Final = "#e03131"


def plot_target(results: Sequence[tuple[Segment, DenseTrack]], truth: TargetTruth | None) -> bytes:
    """One target of one clip over its frames: x, y, forward-backward distance and, with truth, the error. PNG."""
    rows = 3 + (truth is not None)
    figure, axes = figure_of(rows, 1, (9.2, 1.75 * rows), sharex=True)
    for segment, track in results:
        frames = np.array(track.frames)
        for axis in range(2):
            _plot_axis(axes[axis], segment, track, axis)
        apart = np.linalg.norm(track.forward - track.backward, axis=1)
        axes[2].plot(frames, apart, color=_COLOURS[RAW], lw=1.2)
        if truth is not None:
            _plot_error(axes[3], track, truth.xy[frames])
    if truth is not None:
        for axis in range(2):
            axes[axis].plot(truth.xy[:, axis], color="black", lw=0.8, ls=":", label="truth", zorder=0)
    names = ("x, px", "y, px", "fwd-bwd, px", "error, px")
    for axis, name in zip(axes, names[:rows], strict=True):
        axis.set_ylabel(name)
    axes[2].set_yscale("symlog", linthresh=1)
    axes[-1].set_xlabel("frame")
    _one_legend(axes[0])
    return png(figure)


def plot_errors(frames: ScoredFrames, title: str) -> bytes:
    """Left: share of frames within a distance, by way. Right: stated against observed share in the ellipse. PNG."""
    figure, (left, right) = figure_of(1, 2, (9.2, 3.4))
    kept = frames.where(frames.kept)
    plot_shares(left, frames.distance[RAW], _NAMES[RAW], _COLOURS[RAW])
    plot_shares(left, frames.distance[LINEAR], _NAMES[LINEAR], _COLOURS[LINEAR])
    plot_shares(left, frames.distance[ENGINE], _NAMES[ENGINE], _COLOURS[ENGINE])
    plot_shares(left, kept.distance[ENGINE], "engine, trusted only", _COLOURS[ENGINE], "--")
    left.set_xlabel("distance, px")
    left.set_title(title, fontsize=9)
    left.legend(fontsize=7)
    plot_coverage(right, kept.squared[ENGINE], "", _COLOURS[ENGINE])
    right.set_title("Can the uncertainty be believed? (trusted frames)", fontsize=9)
    return png(figure)


def plot_shares(axes: "Axes", distance: np.ndarray, name: str, colour: str, style: str = "-") -> None:
    """Share of (N,) distances within each distance, on a logarithmic scale; what has no answer is left out."""
    distance = np.sort(distance[np.isfinite(distance)])
    if len(distance):
        share = np.arange(1, len(distance) + 1) / len(distance)
        axes.step(np.maximum(distance, 0.05), share, style, color=colour, where="post", label=name)
    axes.set_xscale("log", subs=[2, 5])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("{x:g}")
    axes.set_ylabel("share of frames within")


def plot_coverage(axes: "Axes", squared: np.ndarray, name: str, colour: str, style: str = "-") -> None:
    """Observed share of (N,) squared Mahalanobis distances inside the ellipse of each level."""
    levels = np.linspace(0.02, 0.99, 60)
    squared = squared[np.isfinite(squared)]
    axes.plot([0, 1], [0, 1], color="#adb5bd", lw=1, zorder=0)
    axes.plot(levels, [coverage_at(squared, level) for level in levels], style, color=colour, label=name)
    axes.set_xlabel("stated: ellipse of this level")
    axes.set_ylabel("observed: reference inside")


def _plot_axis(axes: "Axes", segment: Segment, track: DenseTrack, axis: int) -> None:
    frames, value = np.array(track.frames), track.xy[:, axis]
    band = _Z90 * np.sqrt(track.covariance[:, axis, axis])
    axes.plot(frames, track.forward[:, axis], color=_COLOURS[RAW], lw=0.7, alpha=0.6, label="forward track")
    axes.plot(frames, track.backward[:, axis], color="#7048e8", lw=0.7, alpha=0.6, label="backward track")
    trusted = np.where(track.trusted, value, np.nan)
    axes.plot(frames, np.where(track.trusted, np.nan, value), ".", color=_RED, ms=3, label="flagged")
    axes.plot(frames, trusted, color=_COLOURS[ENGINE], lw=1.6, label="pseudo-label")
    low, high = trusted - band, trusted + band
    axes.fill_between(frames, low, high, color=_COLOURS[ENGINE], alpha=0.2, lw=0, label="90 % band")
    for anchor in (segment.before, segment.after):
        if anchor is not None and anchor.xy is not None:
            axes.plot(anchor.frame, anchor.xy[axis], "P", color="black", ms=6, label="human label")
        elif anchor is not None:
            axes.axvline(anchor.frame, color=_RED, lw=0.8, ls="--")


def _plot_error(axes: "Axes", track: DenseTrack, truth: np.ndarray) -> None:
    error = np.linalg.norm(track.xy - truth, axis=1)
    frames = np.array(track.frames)
    sigma = np.sqrt(-2 * np.log(0.1)) * np.sqrt(np.trace(track.covariance, axis1=1, axis2=2) / 2)
    axes.fill_between(frames, 0, np.where(track.trusted, sigma, np.nan), color=_COLOURS[ENGINE], alpha=0.15, lw=0)
    axes.plot(frames, np.where(track.trusted, error, np.nan), color=_COLOURS[ENGINE], lw=1.4)
    axes.plot(frames, np.where(track.trusted, np.nan, error), ".", color=_RED, ms=3)


def figure_of(
    rows: int, columns: int, inches: tuple[float, float], *, sharex: bool = False
) -> "tuple[Figure, np.ndarray]":
    """A figure with our look, drawn without a window, and its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=inches, dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, sharex=sharex, squeeze=False).ravel()
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(which="both", labelsize=8)
        axis.grid(alpha=0.25, lw=0.5)
    return figure, axes


def _one_legend(axes: "Axes") -> None:
    handles, names = axes.get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    axes.legend(
        unique.values(), unique.keys(), fontsize=7, ncols=4, loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False
    )


def png(figure: "Figure") -> bytes:
    """The picture as PNG bytes; the same figure always gives the same ones."""
    data = io.BytesIO()
    figure.savefig(data, format="png", metadata={"Software": None})
    return data.getvalue()
