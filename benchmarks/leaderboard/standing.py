"""Standing: what a board says of a model in one metric, over its seeds and its patients."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..metrics.metric import Metric
from ..metrics.score import Score


@dataclass(frozen=True)
class Standing:
    """value: mean over seeds; spread: their standard deviation, NaN of one seed; by_seed: each seed's own score.

    n: things that each seed's score is of, the least of them. low, high: 95 % interval over patients, NaN without one;
    why: what makes it unreliable, "" where nothing does. best: of all that are ranked. p: that it is as good as the
    best, adjusted by Holm over the models compared; NaN where that is not asked.
    """

    value: float
    spread: float
    by_seed: Mapping[int, Score]
    n: int
    low: float
    high: float
    why: str = ""
    best: bool = False
    p: float = math.nan

    @property
    def defined(self) -> bool:
        """Whether there is anything to rank."""
        return not math.isnan(self.value)

    @property
    def mark(self) -> str:
        """`*` and `**`: worse than the best with p below 0.05 and 0.01; `†`: the interval is not to be relied on."""
        stars = "**" if self.p < 0.01 else "*" if self.p < 0.05 else ""
        return stars + ("†" if self.why else "")


def badness(metric: Metric, value: float) -> float:
    """A number that is the lower the better the value; infinity for NaN, so that nothing comes last."""
    if math.isnan(value):
        return math.inf
    return {"higher": -value, "lower": value, "zero": abs(value)}[metric.better]
