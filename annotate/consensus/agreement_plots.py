"""The agreement report's plots: distances, offsets by axis, pairs of people, onsets."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from ...pseudolabel.report_plots import figure_of, png
from .onset_agreement import OnsetAgreement
from .point_agreement import AXES, LIMITS_PX, PointAgreement, PointPair
from .region_agreement import RegionAgreement
from .votes import shown_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAIRS: Final = ("#0b7285", "#e8590c", "#7048e8", "#2f9e44", "#c2255c", "#868e96")
_MOST_COUPLES: Final = 6  # in a colour of their own; more cannot be told apart
_MOST_LIMITS: Final = 3  # with their limits of agreement drawn; of more, the table tells them


def plot_distances(points: PointAgreement) -> bytes:
    """How many pairs of clicks lie how far apart, and what share lies within each distance. PNG."""
    figure, (left, right) = figure_of(1, 2, (9.2, 3.2))
    px = np.array([pair.distance for pair in points.pairs])
    px = np.sort(px[np.isfinite(px)])
    left.hist(px, bins=min(40, max(8, len(px) // 4)), color=_PAIRS[0])
    left.axvline(points.median_px.value, color=_PAIRS[1], lw=1.4, label=f"median {points.median_px.value:.1f} px")
    left.axvline(points.p90_px.value, color=_PAIRS[1], lw=1.4, ls="--", label=f"90 %: {points.p90_px.value:.1f} px")
    left.set_xlabel("distance between two people's points, px")
    left.set_ylabel("pairs")
    left.legend(fontsize=7)
    right.step(px, np.arange(1, len(px) + 1) / len(px), where="post", color=_PAIRS[0])
    for limit in LIMITS_PX:
        right.axvline(limit, color="#adb5bd", lw=1, ls=":")
    right.set_ylim(0, 1.02)
    right.set_xlim(left=0)
    right.set_xlabel("distance, px")
    right.set_ylabel("share of pairs within")
    return png(figure)


def plot_bland_altman(points: PointAgreement) -> bytes:
    """One axis each: two people's difference over their mean, with bias and limits by pair. PNG."""
    figure, axes = figure_of(1, 2, (9.2, 3.6))
    shown = _most_pairs(points)
    for i, axis in enumerate(AXES):
        for colour, (a, b) in zip(_PAIRS, shown, strict=False):
            of = [pair for pair in points.pairs if (pair.a, pair.b) == (a, b) and np.isfinite(pair.distance)]
            _plot_offset(axes[i], of, i, colour, f"{shown_name(a)} - {shown_name(b)}")
            found = next(couple.offset[axis] for couple in points.couples if (couple.a, couple.b) == (a, b))
            axes[i].axhline(found.bias, color=colour, lw=1.4)
            for limit in (found.low, found.high) if len(shown) <= _MOST_LIMITS else ():
                axes[i].axhline(limit, color=colour, lw=1, ls="--")
        axes[i].axhline(0, color="black", lw=0.6)
        axes[i].set_xlabel(f"mean {axis}, px")
        axes[i].set_ylabel(f"difference in {axis}, px")
        axes[i].set_title(f"{axis} ({'right' if axis == 'x' else 'down'} is positive)", fontsize=9)
    axes[0].legend(fontsize=7)
    return png(figure)


def plot_couples(names: Sequence[str], values: Mapping[tuple[str, str], float], title: str, form: str) -> bytes:
    """One number for every pair of people, as a matrix; darker is more. form: as `format` takes it. PNG."""
    side = max(2.6, 0.6 * len(names) + 1.2)
    figure, (axes,) = figure_of(1, 1, (side + 0.6, side))
    matrix = np.full((len(names), len(names)), np.nan)
    for (a, b), value in values.items():
        matrix[names.index(a), names.index(b)] = matrix[names.index(b), names.index(a)] = value
    axes.imshow(matrix, cmap="GnBu", vmin=0, vmax=max(1.0, float(np.nanmax(matrix, initial=0.0))) * 1.4)
    for row, column in zip(*np.nonzero(np.isfinite(matrix)), strict=True):
        axes.text(column, row, format(matrix[row, column], form), ha="center", va="center", fontsize=9)
    shown = [shown_name(name) for name in names]
    axes.set_xticks(range(len(names)), shown)
    axes.set_yticks(range(len(names)), shown)
    axes.grid(visible=False)
    axes.set_title(title, fontsize=9)
    return png(figure)


def plot_overlaps(regions: RegionAgreement) -> bytes:
    """How many pairs of regions overlap how much, and how far their outlines lie apart. PNG."""
    figure, (left, right) = figure_of(1, 2, (9.2, 2.8))
    left.hist(_finite(pair.dice for pair in regions.pairs), bins=np.linspace(0, 1, 41), color=_PAIRS[0])
    left.set_xlabel("Dice of two people's regions")
    left.set_ylabel("pairs")
    farthest = _finite(pair.hausdorff_95 for pair in regions.pairs)
    bins = np.linspace(0, max(1.0, float(farthest.max(initial=0.0))), 31)
    right.hist(_finite(pair.boundary_mean for pair in regions.pairs), bins=bins, color=_PAIRS[0], label="mean")
    right.hist(farthest, bins=bins, color=_PAIRS[1], label="95 % Hausdorff", histtype="step", lw=1.6)
    right.set_xlabel("distance between outlines, px")
    right.legend(fontsize=7)
    return png(figure)


def plot_onsets(onsets: OnsetAgreement) -> bytes:
    """Differences of onsets, in frames. PNG."""
    figure, (axes,) = figure_of(1, 1, (5.4, 2.8))
    frames = _finite(pair.frames for pair in onsets.pairs)
    widest = int(np.abs(frames).max()) if len(frames) else 1
    step = max(1, -(-widest // 20))
    axes.hist(frames, bins=np.arange(-widest - step / 2, widest + step, step), color=_PAIRS[0])
    axes.axvline(0, color="black", lw=0.6)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("difference of two people's onsets, frames")
    axes.set_ylabel("pairs")
    return png(figure)


def _plot_offset(axes: "Axes", pairs: Sequence[PointPair], axis: int, colour: str, name: str) -> None:
    means = [(pair.xy_a[axis] + pair.xy_b[axis]) / 2 for pair in pairs if pair.xy_a and pair.xy_b]
    axes.plot(means, [pair.difference[axis] for pair in pairs], ".", color=colour, ms=4, alpha=0.7, label=name)


def _most_pairs(points: PointAgreement) -> list[tuple[str, str]]:
    """The couples with the most frames in common, in order of name."""
    seen = {(couple.a, couple.b): couple.both_visible for couple in points.couples if couple.both_visible}
    most = sorted(seen, key=lambda couple: -seen[couple])[:_MOST_COUPLES]
    return [couple for couple in combinations(points.annotators, 2) if couple in most]


def _finite(values: Iterable[float]) -> np.ndarray:
    found = np.array(list(values), dtype=np.float64)
    return found[np.isfinite(found)]
