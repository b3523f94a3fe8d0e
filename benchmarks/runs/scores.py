"""All scores of a protocol from predictions alone: what run.json states, and what is compared with it."""

import math

import pyarrow as pa

from ..metrics.score import Score
from ..predictions.groups import score
from ..protocols.protocol import Protocol


def scores_of(protocol: Protocol, table: pa.Table) -> dict[str, Score]:
    """Each metric's figure by name. Raises ValueError where the rows cannot be scored."""
    rows = protocol.rows(table)
    return {metric.name: score(metric, rows) for metric in protocol.metrics}


def same_score(one: Score, other: Score) -> bool:
    """Equal but for rounding, of 1e-9 or a part in 1e9; sums come out a little differently on other machines."""
    if math.isnan(one.value) or math.isnan(other.value):
        return one.n == other.n and math.isnan(one.value) == math.isnan(other.value)
    return one.n == other.n and math.isclose(one.value, other.value, rel_tol=1e-9, abs_tol=1e-9)
