"""Difference: how much two models differ on the same patients, and how easily that comes about by chance."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import t as student

from .interval import FEWEST_PATIENTS, interval
from .resampled import Better, Resampled


@dataclass(frozen=True)
class Difference:
    """delta: first minus second, in the metric's unit; low, high: its interval.

    p: two-sided, of a difference at least as clear where both are equally good; NaN with fewer than six patients. why:
    the interval, and with it p, is unreliable, "" where it is not.
    """

    delta: float
    low: float
    high: float
    p: float
    why: str = ""

    @property
    def reliable(self) -> bool:
        """Whether simulated ones like it were right as often as they said."""
        return not self.why


def difference(a: Resampled, b: Resampled, better: Better = "higher", level: float = 0.95) -> Difference:
    """Of two figures of the same Draws. better: of the metric; `zero` compares the sizes of signed errors.

    Interval and p are one method: p is the least 1 - level whose interval leaves 0 out. A sign-flip test of the
    patients' pseudo-values, the other way that fits every metric, called equal models different in up to 18 % of
    simulated samples, by kind of metric; this did in 0-8 %, in the median 3 % (docs/statistics.md).
    """
    apart = a.minus(b, better)
    span = interval(apart, level)
    return Difference(apart.value, span.low, span.high, p_value(apart), span.why)


def p_value(apart: Resampled) -> float:
    """Two-sided p of a difference; see Interval for how the resamples' tails are widened.

    D resamples tell no tail from one of 1 / (D + 1): 10,000 of 8 patients never give a p below 0.01.
    """
    n = int(apart.counted.sum())
    found = apart.draws[~np.isnan(apart.draws)]
    if n < FEWEST_PATIENTS or not len(found):
        return math.nan
    beyond = min(int((found <= 0).sum()), int((found >= 0).sum()))
    tail = min((beyond + 1) / (len(found) + 1), 0.5)
    return float(2 * student.sf(-ndtri(tail) * math.sqrt((n - 1) / n), n - 1))
