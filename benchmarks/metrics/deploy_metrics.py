"""How near the whole chain is: its onsets, and its points once the clip bleeds (BleedOrigin 4.3, 6, Algorithm 1).

Each part is measured as on its own, but on what the part before it found: a frame before the predicted onset has no
point, so it counts as missed. A mean or median error is of the answered frames.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from ..predictions.deploy_rows import DeployRows
from ..predictions.onset_rows import OnsetRows
from ..predictions.point_rows import PointRows
from . import onset_metrics, point_metrics
from .metric import Metric
from .summary import Ratio, Summary


def early(rows: DeployRows) -> Ratio:
    """Share of the frames before the true onset in which the chain held that it bleeds; lower is better.

    All frames of all clips pooled; n: clips with frames before the true onset. No label is needed in those frames.
    """
    before = np.nan_to_num(rows.onsets.true_onset)
    wrong = np.nan_to_num(np.maximum(before - rows.onsets.onset, 0.0))
    return Ratio(wrong, before)


def _of_onsets(summarise: Callable[[OnsetRows], Summary], rows: DeployRows) -> Summary:
    return summarise(rows.onsets)


def _of_points(summarise: Callable[[PointRows], Summary], rows: DeployRows) -> Summary:
    return summarise(rows.bleeding_points)


def _onset_metric(metric: Metric[OnsetRows]) -> Metric[DeployRows]:
    return Metric(
        f"onset_{metric.name}",
        f"Onset {metric.title[0].lower()}{metric.title[1:]}",
        metric.unit,
        metric.better,
        partial(_of_onsets, metric.summarise),
        metric.definition,
        band=metric.band and f"onset_{metric.band}",
        at=metric.at,
        part="onsets",
    )


def _point_metric(metric: Metric[PointRows]) -> Metric[DeployRows]:
    return Metric(
        metric.name,
        metric.title,
        metric.unit,
        metric.better,
        partial(_of_points, metric.summarise),
        f"From the true onset on, with no point before the predicted one. {metric.definition}",
        band=metric.band,
        at=metric.at,
        part="points",
    )


# Every clip here bleeds, so alarms can be early, not false; of an onset's confidence a chain says nothing.
_ONSETS: Final = tuple(metric for metric in onset_metrics.METRICS if metric.name not in ("false_alarms", "ece"))

METRICS: Final = (
    *(_point_metric(metric) for metric in point_metrics.METRICS),
    *(_onset_metric(metric) for metric in _ONSETS),
    Metric(
        "early",
        "Early %",
        "%",
        "lower",
        early,
        "Share of the frames before the true onset in which the chain held that it bleeds, all clips pooled.",
        part="onsets",
    ),
)
