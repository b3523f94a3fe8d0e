"""A run's own page: where every number comes from, and with what it can be made again."""

import json
import shlex
from collections.abc import Mapping
from html import escape
from typing import Any

from ..runs.record import RunRecord
from .board import Board, ScoredRun
from .document import cell, column, document, facts, header, name_cell, paragraph, plot, row, section, table
from .words import NOTHING, figure, head


def run_page(board: Board, run: ScoredRun, curves: str) -> bytes:
    """The document. curves: address of the picture of its training, "" where there is none."""
    record, key = run.record, run.record.key
    title = f"{key.model}, seed {key.seed}"
    return document(
        f"{title}: {key.protocol}",
        [
            header(
                title,
                board.protocol.title,
                f"cohort {key.cohort}",
                f"split {key.split}, fold {key.fold}",
                f"truth {key.truth}",
            ),
            *warnings(record),
            section("Scores", _scores(board, run)),
            section("How it was made", _made(record)),
            section("Cost", facts(_cost(record))),
            section("Training", plot(curves, "every loss over the steps of the training") if curves else ""),
            section("Data", _json(record.data)),
            section("Settings", _json(record.settings)),
            section("Weights", _weights(record.weights)),
            section("Hardware", _json(record.hardware)),
            section("Also in run.json", _json(record.extra)) if record.extra else "",
        ],
        {"All boards": "../index.html", "This board": f"../{board.key.page}.html"},
    )


def warnings(record: RunRecord) -> list[str]:
    """What must be known before any number is read, as HTML."""
    found = []
    if record.leaky:
        said = "LEAKY: it learnt from patients that it is scored on. Every number here is too good; it is not ranked."
        found.append(paragraph(said, "banner"))
    drawn = random_weights(record)
    if drawn:
        found.append(paragraph(f"RANDOM WEIGHTS: {', '.join(drawn)} drawn at random, from no checkpoint.", "banner"))
    return found


def random_weights(record: RunRecord) -> list[str]:
    """Names of the weights that no checkpoint gave."""
    return sorted(name for name, digest in record.weights.items() if digest == "random")


def _scores(board: Board, run: ScoredRun) -> str:
    rows = []
    for metric in board.protocol.metrics:
        score = run.scores[metric.name]
        value = cell(figure(score.value, metric.unit), repr(score.value) if score.n else "")
        told = (cell(f"{score.n:,}", str(score.n)), cell(metric.definition, kind="text"))
        rows.append(row([name_cell(escape(head(metric)), metric.name), value, *told]))
    heads = [*(column(name) for name in ("metric", "value", "n")), column("what it is", kind="text")]
    return table(heads, rows, "Scores")


def _made(record: RunRecord) -> str:
    command = f"<pre>{escape(shlex.join(record.command))}</pre>" if record.command else ""
    return command + facts(
        {
            "code": record.code_version,
            "protocol": f"{record.key.protocol} {record.protocol_version}",
            "started (UTC)": record.started_utc,
            "ended (UTC)": record.ended_utc,
            "predictions": f"SHA-256 {record.predictions_digest}",
            "truth": f"SHA-256 {record.truth_digest}",
        }
    )


def _cost(record: RunRecord) -> dict[str, str]:
    cost = record.efficiency
    return {
        "training": _seconds(record.train_s),
        "evaluation": _seconds(record.evaluate_s),
        "parameters": _count(cost.parameters),
        "of them trainable": _count(cost.trainable),
        "FLOPs a frame": NOTHING if cost.flops is None else f"{cost.flops / 1e9:,.2f} G",
        "frames/s": NOTHING if cost.frames_per_s is None else f"{cost.frames_per_s:,.1f}",
        "peak memory": NOTHING if cost.memory_mib is None else f"{cost.memory_mib:,.0f} MiB",
    }


def _seconds(value: float) -> str:
    hours, rest = divmod(round(value), 3600)
    if hours:
        return f"{hours} h {rest // 60} min"
    return f"{rest // 60} min {rest % 60} s" if rest >= 60 else f"{value:.1f} s"


def _count(value: int | None) -> str:
    return NOTHING if value is None else f"{value:,}"


def _weights(weights: Mapping[str, str]) -> str:
    return facts({name: digest.upper() if digest == "random" else digest for name, digest in sorted(weights.items())})


def _json(value: Mapping[str, Any]) -> str:
    if not value:
        return paragraph("Nothing.", "soft")
    return f"<pre>{escape(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=str))}</pre>"
