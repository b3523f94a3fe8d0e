"""What became of the runs of a matrix, for a terminal and as plain values."""

import math
from collections.abc import Sequence
from typing import Any

from ...datasets.split_text import table
from ..metrics.score import Score
from ..protocols.registry import PROTOCOLS
from .matrix import Outcome

_SAID = {"done": "done", "there": "was done", "failed": "FAILED"}


def outcome_rows(found: Sequence[Outcome]) -> list[dict[str, Any]]:
    """One JSON-able object a run; a score of nothing is null."""
    return [
        {
            "protocol": one.job.protocol,
            "model": one.job.model,
            "seed": one.job.seed,
            "fold": one.job.fold,
            "truth": one.job.truth,
            "state": one.state,
            "metric": PROTOCOLS[one.job.protocol].primary,
            "value": None if one.primary is None or math.isnan(one.primary.value) else one.primary.value,
            "n": None if one.primary is None else one.primary.n,
            "leaky": one.leaky,
            "seconds": round(one.seconds, 2),
            "folder": None if one.folder is None else str(one.folder),
            "error": one.error,
        }
        for one in found
    ]


def outcome_text(found: Sequence[Outcome]) -> str:
    """A table of the runs, and how many failed."""
    cells = [
        [one.job.protocol, one.job.model, str(one.job.seed), str(one.job.fold), _SAID[one.state], *_figure(one)]
        for one in found
    ]
    header = ["protocol", "model", "seed", "fold", "run", "score", "n", "s"]
    failed = sum(one.state == "failed" for one in found)
    lines = [f"{len(found)} runs, {failed} failed", table(header, cells)]
    if any(one.leaky for one in found):
        lines.append("LEAKY: the model may know the patients it was asked about; not to be compared with others")
    return "\n".join(lines)


def _figure(one: Outcome) -> list[str]:
    metric = PROTOCOLS[one.job.protocol].by_name[PROTOCOLS[one.job.protocol].primary]
    if one.primary is None:
        return [metric.name, "-", f"{one.seconds:.0f}"]
    mark = " LEAKY" if one.leaky else ""
    return [f"{metric.name} {_value(one.primary, metric.unit)}{mark}", str(one.primary.n), f"{one.seconds:.0f}"]


def _value(score: Score, unit: str) -> str:
    if math.isnan(score.value):
        return "-"
    return f"{100 * score.value:.1f} %" if unit == "%" else f"{score.value:.2f} {unit}".strip()
