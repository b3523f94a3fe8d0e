"""Spread: how much a model's figure varies with the seed it is trained with."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..metrics.score import Score


@dataclass(frozen=True)
class Spread:
    """mean; sd: sample standard deviation, NaN of one seed, which has no spread; n: seeds that have a figure."""

    mean: float
    sd: float
    n: int


def spread(scores: Sequence[Score]) -> Spread:
    """Of one score a seed; a seed without a figure is left out, and is missing in `n`.

    It says nothing of other patients: that is what the interval of `Resampled.mean` over the seeds is for.
    """
    values = np.array([score.value for score in scores if score.n])
    if not len(values):
        return Spread(math.nan, math.nan, 0)
    return Spread(float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else math.nan, len(values))
