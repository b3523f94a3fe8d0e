"""Whose the rows of a metric's summary are: the one way from a metric and any protocol's rows to its figure."""

from typing import Any

from ..metrics.draws import Groups
from ..metrics.metric import Metric
from ..metrics.score import Score
from ..metrics.summary import Summary
from .row_index import RowIndex


def index_of(metric: Metric[Any], rows: Any) -> RowIndex:
    """Clip and frame of each row of the metric's summary. All metrics of one protocol's rows have the same clips."""
    return (getattr(rows, metric.part) if metric.part else rows).index


def groups_of(metric: Metric[Any], rows: Any) -> Groups:
    """Whose each row of the metric's summary is. Draws made for one metric of a protocol's rows fit all of them."""
    return index_of(metric, rows).groups


def summary_and_groups(metric: Metric[Any], rows: Any) -> tuple[Summary, Groups]:
    """What `score` and `resampled` are called on and with."""
    return metric.summarise(rows), groups_of(metric, rows)


def score(metric: Metric[Any], rows: Any) -> Score:
    """The metric's figure of all rows, as the protocol's `rows` gives them."""
    summary, groups = summary_and_groups(metric, rows)
    return summary.score(groups)
