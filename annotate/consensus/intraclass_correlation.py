"""Intraclass correlation: how much of the spread of labels is between what is labelled, not between who labels."""

from dataclasses import dataclass

import numpy as np

from ...datasets.checks import check_array


@dataclass(frozen=True)
class IntraclassCorrelation:
    """agreement: ICC(2,1), which a person's bias lowers. consistency: ICC(3,1), which it does not. n: things rated.

    NaN where fewer than two things, or two people, or no spread at all.
    """

    agreement: float
    consistency: float
    n: int


def intraclass_correlation(ratings: np.ndarray) -> IntraclassCorrelation:
    """ICC(2,1) and ICC(3,1) of ratings (n things, k people) float64, every cell filled; higher is better, 1 at most.

    Shrout & Fleiss 1979, p. 423, from the mean squares of a two-way analysis of variance. Both compare people's errors
    with the spread of the things: positions all over the picture give values near 1 for people who are 50 px apart,
    so a distance is to be read beside it.
    """
    check_array("ratings", ratings, ("n", "k"), np.float64)
    n, k = ratings.shape
    if n < 2 or k < 2:
        return IntraclassCorrelation(np.nan, np.nan, n)
    centred = ratings - ratings.mean()  # of the same mean squares, without their cancellation far from 0
    between = k * np.sum(centred.mean(axis=1) ** 2) / (n - 1)
    judges = n * np.sum(centred.mean(axis=0) ** 2) / (k - 1)
    left = centred - centred.mean(axis=1, keepdims=True) - centred.mean(axis=0)
    error = np.sum(left**2) / ((n - 1) * (k - 1))
    agreement = _share(between - error, between + (k - 1) * error + k * (judges - error) / n)
    return IntraclassCorrelation(agreement, _share(between - error, between + (k - 1) * error), n)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else np.nan
