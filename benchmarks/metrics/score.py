"""Score: one figure, and how many things it is of."""

import math
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Score:
    """value: in the metric's own unit, shares in [0, 1]. n: how many rows (or clips, patients) it is of.

    A figure of nothing is NaN with n = 0, never -1, 0 or 1, which would be averaged.
    """

    value: float
    n: int

    def __post_init__(self) -> None:
        if math.isnan(self.value) != (self.n == 0):
            raise ValueError(f"a score is NaN where n is 0 and only there, got {self.value} of n={self.n}")

    @classmethod
    def nothing(cls) -> Self:
        """The score of no rows at all."""
        return cls(math.nan, 0)
