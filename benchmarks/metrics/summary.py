"""Summary: what a metric makes of its rows before they become one figure, so that resampling scores no row twice."""

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from ...datasets.checks import check_array
from .draws import Draws, Groups
from .score import Score

Per = Literal["row", "clip", "patient"]


class Summary(Protocol):
    """Rows of one metric, in the order of the rows it was made from."""

    def score(self, groups: Groups) -> Score:
        """The figure of all rows, each counted once."""

    def resampled(self, groups: Groups, draws: Draws) -> np.ndarray:
        """The figure of each draw, (D,) float64; NaN for a draw with nothing to score."""


@dataclass(frozen=True, eq=False)
class Ratio:
    """Sum of numerators over sum of denominators: of all rows (`per` row), or each clip's or patient's and their mean.

    numerator, denominator (N,) float64; a row that does not count has 0 in both. IoU pooled over pixels is
    intersection over union; a share of frames is 0 or 1 over 1; a mean distance is the distance over 1.
    """

    numerator: np.ndarray
    denominator: np.ndarray
    per: Per = "row"

    def __post_init__(self) -> None:
        check_array("numerator", self.numerator, ("N",), np.float64)
        check_array("denominator", self.denominator, (len(self.numerator),), np.float64)

    def score(self, groups: Groups) -> Score:
        """n: rows that count, or clips or patients with any."""
        if self.per == "row":
            total = self.denominator.sum()
            counted = int((self.denominator > 0).sum())
            return Score(float(self.numerator.sum() / total), counted) if counted else Score.nothing()
        top, bottom = self._by_clip(groups)
        if self.per == "patient":
            top, bottom = (np.bincount(groups.patient, values, groups.n_patients) for values in (top, bottom))
        there = bottom > 0
        return Score(float((top[there] / bottom[there]).mean()), int(there.sum())) if there.any() else Score.nothing()

    def resampled(self, groups: Groups, draws: Draws) -> np.ndarray:
        """By patient, a patient drawn twice is one ratio over the clips of both, counted twice."""
        top, bottom = self._by_clip(groups)
        weights = draws.clips.astype(np.float64)
        if self.per == "row":
            return _divided(weights @ top, weights @ bottom)
        if self.per == "clip":
            there = bottom > 0
            return _divided(weights @ np.where(there, _divided(top, bottom), 0), weights @ there)
        member = (groups.patient[:, None] == np.arange(groups.n_patients)).astype(np.float64)
        ratio = _divided((weights * top) @ member, (weights * bottom) @ member)
        there = ~np.isnan(ratio)
        return _divided((np.where(there, ratio, 0) * draws.patients).sum(1), (there * draws.patients).sum(1))

    def _by_clip(self, groups: Groups) -> tuple[np.ndarray, np.ndarray]:
        n_clips = len(groups.patient)
        top = np.bincount(groups.clip, self.numerator, n_clips)
        return top, np.bincount(groups.clip, self.denominator, n_clips)


@dataclass(frozen=True, eq=False)
class Median:
    """The median of all values; values (N,) float64, NaN for a row that does not count.

    Of an even number it is the mean of the middle two.
    """

    values: np.ndarray

    def __post_init__(self) -> None:
        check_array("values", self.values, ("N",), np.float64)

    def score(self, groups: Groups) -> Score:  # noqa: ARG002 - as Summary has it
        """n: rows that count."""
        there = self.values[~np.isnan(self.values)]
        return Score(float(np.median(there)), len(there)) if len(there) else Score.nothing()

    def resampled(self, groups: Groups, draws: Draws) -> np.ndarray:
        """Weights are summed run by run of sorted values, then value by value in the one run that holds the middle."""
        there = ~np.isnan(self.values)
        order = np.argsort(self.values[there], kind="stable")
        values, clip = self.values[there][order], groups.clip[there][order]
        found = np.full(len(draws.clips), np.nan)
        if not len(values):
            return found
        runs = _Runs.of(clip, len(groups.patient))
        last = len(values) - 1
        for start in range(0, len(found), 1000):
            weights = draws.clips[start : start + 1000].astype(np.float64)
            low, high = (np.minimum(place, last) for place in runs.middle(weights))
            some = weights @ np.bincount(clip, minlength=weights.shape[1]) > 0
            found[start : start + 1000] = np.where(some, (values[low] + values[high]) / 2, np.nan)
        return found


@dataclass(frozen=True, eq=False)
class _Runs:
    """Sorted values in runs of `size`: until (R, C), how many values of each clip the first runs have; clip of each.

    The last run is filled up with clip C, which weighs nothing.
    """

    until: np.ndarray
    clip: np.ndarray
    size: int

    @classmethod
    def of(cls, clip: np.ndarray, n_clips: int) -> "_Runs":
        size = max(32, math.isqrt(len(clip)))
        n_runs = -(-len(clip) // size)
        count = np.bincount(np.arange(len(clip)) // size * n_clips + clip, minlength=n_runs * n_clips)
        filled = np.full(n_runs * size, n_clips)
        filled[: len(clip)] = clip
        return cls(count.reshape(n_runs, n_clips).cumsum(0).astype(np.float64), filled.reshape(n_runs, size), size)

    def middle(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places of the two middle values under weights (D, C), each (D,); beyond the end where nothing weighs."""
        reached = weights @ self.until.T
        half = reached[:, -1] / 2
        padded = np.pad(weights, ((0, 0), (0, 1)))
        places = []
        for before in (np.less, np.less_equal):
            run = np.minimum(before(reached, half[:, None]).sum(1), len(self.until) - 1)
            so_far = np.where(run > 0, reached[np.arange(len(run)), run - 1], 0)
            within = so_far[:, None] + np.take_along_axis(padded, self.clip[run], axis=1).cumsum(1)
            places.append(run * self.size + before(within, half[:, None]).sum(1))
        return places[0], places[1]


def _divided(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """NaN where there is nothing to divide by."""
    return np.divide(top, bottom, out=np.full(np.broadcast(top, bottom).shape, np.nan), where=bottom > 0)
