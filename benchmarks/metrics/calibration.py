"""Whether confidences can be believed: expected calibration error, Brier score, and the curve to look at."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...datasets.checks import check_array
from .draws import Draws, Groups
from .score import Score
from .summary import Ratio

BINS: Final = 15


@dataclass(frozen=True, eq=False)
class Calibration:
    """Expected calibration error: by how much confidence and frequency differ, mean over rows; lower is better.

    confidence (N,) float64 in [0, 1], NaN for a row that does not count; happened (N,) bool: what it was confident of.
    Naeini et al., AAAI 2015, and Guo et al., ICML 2017, with 15 bins of equal width, here closed on the left, the last
    on both sides: sum over bins of |sum of (confidence - happened)|, over N. No rows: NaN with n = 0.
    """

    confidence: np.ndarray
    happened: np.ndarray

    def __post_init__(self) -> None:
        check_array("confidence", self.confidence, ("N",), np.float64)
        check_array("happened", self.happened, (len(self.confidence),), np.bool_)

    def score(self, groups: Groups) -> Score:  # noqa: ARG002 - as Summary has it
        """n: rows that count."""
        there = ~np.isnan(self.confidence)
        n = int(there.sum())
        gap = np.bincount(_bins(self.confidence[there]), self._gap[there], BINS)
        return Score(float(np.abs(gap).sum() / n), n) if n else Score.nothing()

    def resampled(self, groups: Groups, draws: Draws) -> np.ndarray:
        """Each clip's sums by bin, weighed by the draw."""
        n_clips = len(groups.patient)
        there = ~np.isnan(self.confidence)
        clip = groups.clip[there]
        cell = clip * BINS + _bins(self.confidence[there])
        gap = np.bincount(cell, self._gap[there], n_clips * BINS).reshape(n_clips, BINS)
        weights = draws.clips.astype(np.float64)
        total = weights @ np.bincount(clip, minlength=n_clips)
        error = np.abs(weights @ gap).sum(1)
        return np.divide(error, total, out=np.full(len(weights), np.nan), where=total > 0)

    @property
    def _gap(self) -> np.ndarray:
        return self.confidence - self.happened


def brier(confidence: np.ndarray, happened: np.ndarray) -> Ratio:
    """Mean squared difference of confidence and what happened, as 0 or 1; lower is better. Brier 1950, two classes.

    Arguments as of Calibration; no rows: NaN with n = 0.
    """
    there = ~np.isnan(confidence)
    return Ratio(np.where(there, (confidence - happened) ** 2, 0.0), there.astype(np.float64))


@dataclass(frozen=True, eq=False)
class ReliabilityCurve:
    """By bin, all (15,) float64: mean confidence and frequency, NaN where no row falls, and n, how many do."""

    confidence: np.ndarray
    frequency: np.ndarray
    n: np.ndarray


def reliability_curve(confidence: np.ndarray, happened: np.ndarray) -> ReliabilityCurve:
    """What to plot against the diagonal. Arguments and bins as of Calibration."""
    there = ~np.isnan(confidence)
    place = _bins(confidence[there])
    n = np.bincount(place, minlength=BINS).astype(np.float64)
    sums = (np.bincount(place, values[there], BINS) for values in (confidence, happened.astype(np.float64)))
    said, came = (np.divide(total, n, out=np.full(BINS, np.nan), where=n > 0) for total in sums)
    return ReliabilityCurve(said, came, n)


def _bins(confidence: np.ndarray) -> np.ndarray:
    place: np.ndarray = np.searchsorted(np.linspace(0, 1, BINS + 1), confidence, "right") - 1
    return np.minimum(place, BINS - 1)
