"""Bland-Altman: a person's constant offset from another, and how far a single difference may be from it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...datasets.checks import check_array

_Z95: Final = 1.959964


@dataclass(frozen=True)
class BlandAltman:
    """bias: mean difference, first person minus second. low, high: limits of agreement, bias -+ 1.96 SD. n: pairs.

    Limits are NaN below two pairs, the bias where there is none. In the unit of the differences.
    """

    bias: float
    low: float
    high: float
    n: int


def bland_altman(differences: np.ndarray) -> BlandAltman:
    """Bias and limits of agreement of differences (n,) float64. Bland & Altman 1986, with the SD over n - 1.

    Frames count as independent, as in the paper; a patient's are not, so the limits hold for single labels and nothing
    is said of how sure they are.
    """
    check_array("differences", differences, ("n",), np.float64)
    n = len(differences)
    bias = float(differences.mean()) if n else np.nan
    spread = _Z95 * float(differences.std(ddof=1)) if n > 1 else np.nan
    return BlandAltman(bias, bias - spread, bias + spread, n)
