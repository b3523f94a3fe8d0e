"""Ceiling: how well people agree with each other, which no model can be shown to surpass."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..metrics.score import Score


@dataclass(frozen=True)
class Ceiling:
    """mean, low, high: over annotators, each scored against the others; low, high: the least and the greatest figure.

    n: annotators that have a figure. All NaN with n = 0; with few annotators the range is all there is to say.
    """

    mean: float
    low: float
    high: float
    n: int


def ceiling(by_annotator: Mapping[str, Score]) -> Ceiling:
    """Of each annotator's score against the others, by whom."""
    values = np.array([score.value for score in by_annotator.values() if score.n])
    if not len(values):
        return Ceiling(math.nan, math.nan, math.nan, 0)
    return Ceiling(float(values.mean()), float(values.min()), float(values.max()), len(values))
