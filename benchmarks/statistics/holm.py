"""Holm's correction: p-values of several comparisons, so that a false alarm among all of them is as rare as it says."""

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> np.ndarray:
    """Adjusted p, (M,) float64, in the order given; NaN stays NaN and is no comparison.

    In ascending order the i-th of m is the largest of (m - j) p_(j) for j = 0..i, and 1 at most (Holm, A Simple
    Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 1979).
    """
    given = np.asarray(p, np.float64)
    adjusted = np.full(len(given), np.nan)
    there = np.flatnonzero(~np.isnan(given))
    order = there[np.argsort(given[there], kind="stable")]
    left = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(left * given[order]), 1.0)
    return adjusted
