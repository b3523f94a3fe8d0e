"""Interval: where a figure would lie with other patients, and whether that can be relied on.

The bootstrap's percentiles, taken further out than their name says: with few patients resamples vary too little, by
sqrt((P - 1) / P), and a normal's tails are too thin, so the 2.5 % point becomes that of
Phi(-sqrt(P / (P - 1)) t) with Student's t of P - 1 degrees of freedom (Hesterberg, What Teachers Should Know About the
Bootstrap, The American Statistician 2015, the "expanded percentile" interval). docs/statistics.md has how often it held
the truth in simulations, beside plain percentiles, BCa and t intervals.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr
from scipy.stats import t as student

from .resampled import Resampled

FEWEST_PATIENTS: Final = 6
"""Simulated 95 % intervals held the truth in 69-90 % of samples of 3 patients, 83-95 % of 4, 85-97 % of 5."""
FEWEST_CLIPS: Final = 10
"""With one clip a patient, those of a mean error held it in 88 % of samples of 6 patients, 89 % of 8, 91 % of 10."""
MOST_AT_ONE_END: Final = 2 / 3
"""Of the patients, with the same best or worst figure. Where most patients are perfect, all hangs on few."""
MOST_EMPTY: Final = 0.025
"""Of the resamples, with nothing to score."""
FARTHEST_OFF: Final = 0.75
"""Of the figure from the resamples' median, in their standard deviations: a small calibration error only ever grows."""


@dataclass(frozen=True)
class Interval:
    """low, high: NaN where fewer than two patients have anything to score. why it is unreliable, "" where it is not."""

    low: float
    high: float
    level: float
    why: str = ""

    @property
    def reliable(self) -> bool:
        """Whether simulated ones like it covered."""
        return not self.why


def interval(figure: Resampled, level: float = 0.95) -> Interval:
    """Of a model's metric, of its mean over seeds, of a difference of two models, of a stratum."""
    found = figure.draws[~np.isnan(figure.draws)]
    n = int(figure.counted.sum())
    if n < 2 or not len(found):
        return Interval(math.nan, math.nan, level, doubt(figure))
    tail = tail_of((1 - level) / 2, n)
    low, high = np.quantile(found, [tail, 1 - tail])
    return Interval(float(low), float(high), level, doubt(figure))


def tail_of(share: float, n: int) -> float:
    """Which share of the resamples of n patients lies beyond the end that `share` of the truths shall lie beyond."""
    return float(ndtr(math.sqrt(n / (n - 1)) * student.ppf(share, n - 1)))


def doubt(figure: Resampled) -> str:
    """Why its interval would not hold the truth as often as it says; "" where nothing speaks against it."""
    counted = figure.counted
    n = int(counted.sum())
    if n < FEWEST_PATIENTS:
        return f"{n} patient{'s' * (n != 1)} with anything to score, fewer than {FEWEST_PATIENTS}"
    if (clips := int(figure.clips[counted].sum())) < FEWEST_CLIPS:
        return f"{clips} clips with anything to score, fewer than {FEWEST_CLIPS}"
    empty = float(np.isnan(figure.draws).mean())
    if empty > MOST_EMPTY:
        return f"{empty:.0%} of the resamples have nothing to score"
    at_end = _at_one_end(figure.alone[counted])
    if at_end > MOST_AT_ONE_END * n:
        return f"{at_end} of {n} patients have the same extreme figure"
    found = figure.draws[~np.isnan(figure.draws)]
    if abs(np.median(found) - figure.value) > FARTHEST_OFF * found.std():
        return "resamples lie to one side of the figure"
    return ""


def _at_one_end(alone: np.ndarray) -> int:
    """How many patients share the highest figure of one patient, or the lowest, whichever are more."""
    there = alone[~np.isnan(alone)]
    if not len(there):
        return 0
    return max(int(np.isclose(there, end, rtol=1e-9, atol=1e-12).sum()) for end in (there.min(), there.max()))
