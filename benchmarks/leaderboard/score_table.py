"""The table of a board: a row a model, a column a metric; what may not be ranked together stands apart."""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from html import escape
from typing import Any, Final

from ..metrics.metric import Metric
from ..runs.record import RunRecord
from .board import HUMAN, Board
from .document import cell, column, link, name_cell, row, table
from .findings import Findings
from .reported_rows import ReportedRow
from .reported_table import figure_cell, reported_bodies, says
from .run_page import random_weights
from .standing import Standing
from .words import NOTHING, counted, figure, head, interval

_ON_PAPER: Final = 8  # columns of metrics


def score_table(found: Findings, reported: Sequence[ReportedRow]) -> str:
    """HTML: our models ranked, the human ceiling, leaky models and the papers' figures, each in a block of its own.

    On paper, which does not scroll, the metrics stand in several tables of a few.
    """
    metrics = found.board.protocol.metrics
    parts = [metrics[start : start + _ON_PAPER] for start in range(0, len(metrics), _ON_PAPER)]
    paper = "".join(_table(found, part, _with_any(reported, part)) for part in parts)
    screen = _table(found, metrics, reported)
    return f'<div class="screen">{screen}</div><div class="paper" aria-hidden="true">{paper}</div>'


def _table(found: Findings, metrics: Sequence[Metric[Any]], reported: Sequence[ReportedRow]) -> str:
    board = found.board
    top = [
        column("model"),
        column("rank"),
        column("seeds"),
        *(column(head(m), first=_first(m), hint=m.definition, note=_kind(board, m)) for m in metrics),
    ]
    return table(top, _bodies(found, metrics, reported), f"Scores of {board.protocol.title}")


def _with_any(reported: Sequence[ReportedRow], metrics: Sequence[Metric[Any]]) -> list[ReportedRow]:
    return [one for one in reported if any(metric.name in one.shown for metric in metrics)]


def _bodies(found: Findings, metrics: Sequence[Metric[Any]], reported: Sequence[ReportedRow]) -> Iterator[str]:
    board = found.board
    width = 3 + len(metrics)
    yield _body("", width, (_row(found, metrics, name) for name in found.order))
    if HUMAN in board.models and HUMAN not in board.leaky:
        said = "Human ceiling: each annotator against the others. Not ranked."
        yield _body(said, width, [_row(found, metrics, HUMAN, "human")])
    if board.leaky:
        said = "LEAKY: learnt from patients that they are scored on. Every number here is too good; not ranked."
        yield _body(said, width, (_row(found, metrics, name, "leaky") for name in sorted(board.leaky)))
    yield reported_bodies(reported, width, partial(_reported, metrics))


def _body(said: str, width: int, rows: Iterable[str]) -> str:
    return f"<tbody>{says(said, width) if said else ''}{''.join(rows)}</tbody>"


def _reported(metrics: Sequence[Metric[Any]], one: ReportedRow) -> Iterator[str]:
    """Cells behind the name: neither rank nor seeds."""
    yield from (cell("", ""), cell("", ""))
    yield from (figure_cell(one, metric.name) for metric in metrics)


def _row(found: Findings, metrics: Sequence[Metric[Any]], name: str, kind: str = "") -> str:
    board, runs = found.board, found.board.models[name]
    seeds = [str(run.record.key.seed) for run in runs]
    marks = ("‡" if name in board.uneven else "") + (" LEAKY" if kind == "leaky" else "")
    shown = link(name, f"runs/{runs[0].page}.html") + (f'<span class="warn">{marks}</span>' if marks else "")
    remarks = sorted({remark for run in runs for remark in _remarks(run.record)})
    shown += f"<small>{escape('; '.join(remarks))}</small>" if remarks else ""
    rank = found.ranks.get(name)
    return row(
        [
            name_cell(shown, name),
            cell(NOTHING, "") if rank is None else cell(str(rank)),
            cell(str(len(runs)), hint=f"{counted(len(seeds), 'seed')}: {', '.join(seeds)}"),
            *(_cell(metric, found.standings[name][metric.name]) for metric in metrics),
        ],
        kind,
    )


def _remarks(record: RunRecord) -> Iterator[str]:
    """What makes a model another than its name says."""
    size = record.settings.get("size", "full")
    if size != "full" and record.weights:  # what has no weights has one size
        yield f"size {size}"
    yield from (f"random weights: {name}" for name in random_weights(record))


def _cell(metric: Metric[Any], standing: Standing) -> str:
    """`52.3 ± 1.2 **†`, and in small print the interval and n."""
    if not standing.defined:
        return cell(NOTHING, "", small="n 0")
    between = interval(standing.low, standing.high, metric.unit)
    return cell(
        f"{_mean(metric, standing)}{' ' + standing.mark if standing.mark else ''}",
        repr(abs(standing.value) if metric.better == "zero" else standing.value),
        small=" · ".join(part for part in (between, f"n {standing.n:,}") if part),
        kind="best" if standing.best else "",
        hint=hint(metric, standing),
    )


def plain_cell(metric: Metric[Any], standing: Standing) -> str:
    """The same as one line of Markdown."""
    if not standing.defined:
        return NOTHING
    between = interval(standing.low, standing.high, metric.unit)
    shown = f"**{_mean(metric, standing)}**" if standing.best else _mean(metric, standing)
    marks = standing.mark.replace("*", r"\*")
    return " ".join(part for part in (shown, f"[{between}]" if between else "", marks) if part)


def _mean(metric: Metric[Any], standing: Standing) -> str:
    spread = "" if math.isnan(standing.spread) else f" ± {figure(standing.spread, metric.unit)}"
    return figure(standing.value, metric.unit) + spread


def hint(metric: Metric[Any], standing: Standing) -> str:
    """All that is known of a cell, as sentences."""
    unit = metric.unit
    seeds = ", ".join(f"seed {seed}: {figure(score.value, unit)}" for seed, score in standing.by_seed.items())
    between = interval(standing.low, standing.high, unit)
    told = [
        seeds,
        f"95 % interval over patients {between}" if between else "no interval",
        f"interval not reliable: {standing.why}" if standing.why else "",
        "the best" if standing.best else "",
        f"as good as the best: p = {standing.p:.3g} (Holm)" if not math.isnan(standing.p) else "",
    ]
    return "; ".join(part for part in told if part)


def _first(metric: Metric[Any]) -> str:
    return "descending" if metric.better == "higher" else "ascending"


def _kind(board: Board, metric: Metric[Any]) -> str:
    return "ranks" if metric.name == board.protocol.primary else ""
