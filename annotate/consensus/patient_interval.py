"""An estimate with its interval over patients: frames of one patient are alike, so patients are what is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

_DRAWS: Final = 1000


@dataclass(frozen=True)
class Estimate:
    """value, with its 95 % interval low..high. n: values it is of; patients: whose they are.

    NaN where there is no value; the interval is NaN below two patients.
    """

    value: float
    low: float
    high: float
    n: int
    patients: int


def over_patients(
    values: np.ndarray, patients: Sequence[str], statistic: Callable[[np.ndarray], np.floating | float], seed: int = 0
) -> Estimate:
    """`statistic` of the values (n,) that are not NaN; the interval from 1,000 draws of patients with replacement.

    The percentile interval: with fewer than some ten patients it is too narrow, and to be read as a rough one.
    """
    kept = np.isfinite(values)
    values, names = values[kept], np.array(list(patients), dtype=np.str_)[kept]
    if not len(values):
        return Estimate(np.nan, np.nan, np.nan, 0, 0)
    people = np.unique(names)
    parts = [values[names == person] for person in people]
    low = high = np.nan
    if len(people) > 1:
        rng = np.random.default_rng(seed)
        drawn = (rng.integers(len(people), size=len(people)) for _ in range(_DRAWS))
        found = [float(statistic(np.concatenate([parts[i] for i in draw]))) for draw in drawn]
        low, high = (float(v) for v in np.quantile(found, (0.025, 0.975)))
    return Estimate(float(statistic(values)), low, high, len(values), len(people))
