"""leaderboard.md: the tables of all boards, for a README or a terminal."""

import math
from collections.abc import Iterable, Iterator

from .board import HUMAN
from .findings import Findings
from .score_table import plain_cell
from .words import NOTHING, counted, head, truth_said

LEGEND = (
    "Mean ± standard deviation over seeds [95 % interval over patients]. **Bold**: best. `*`, `**`: worse than the "
    "best, p < 0.05, p < 0.01 after Holm. †: interval not to be relied on. ‡: seeds run with different settings or "
    "code. LEAKY: learnt from patients that it is scored on, not ranked."
)


def markdown(boards: Iterable[Findings]) -> bytes:
    """One table a board; what a run says of itself is text, never markup."""
    lines = ["# bleedkit leaderboard", "", LEGEND, ""]
    for found in boards:
        lines.extend(_board(found))
    return "\n".join(lines).encode("utf-8", "replace")


def _board(found: Findings) -> Iterator[str]:
    board = found.board
    key = board.key
    fold = f", fold {key.fold}" if key.fold else ""
    yield f"## {text(board.protocol.title)}: {text(key.cohort)}, split {text(key.split)}{fold}"
    yield ""
    counts = (counted(len(board.index.patients), "patient"), counted(len(board.index.clips), "clip"))
    truth = text(truth_said(key.truth, key.truth_digest))
    yield f"Protocol {key.protocol} {key.version}, {', '.join(counts)}, {truth}."
    yield ""
    yield f"| rank | model | seeds | {' | '.join(text(head(metric)) for metric in board.protocol.metrics)} |"
    yield f"|---|---|--:|{'--:|' * len(board.protocol.metrics)}"
    human = [HUMAN] if HUMAN in board.models and HUMAN not in board.leaky else []
    for name in [*found.order, *human, *sorted(board.leaky)]:
        shown = text(name) + ("‡" if name in board.uneven else "") + (" **LEAKY**" if name in board.leaky else "")
        shown += " (human ceiling)" if name == HUMAN else ""
        cells = [plain_cell(metric, found.standings[name][metric.name]) for metric in board.protocol.metrics]
        rank = found.ranks.get(name, NOTHING)
        yield f"| {rank} | {shown} | {len(board.models[name])} | {' | '.join(cells)} |"
    yield ""
    if found.stability is not None and not math.isnan(found.stability.mean_tau):
        tau = f"{found.stability.mean_tau:.2f}"
        yield f"Rank stability by {text(head(board.primary))}: Kendall's tau {tau}, mean over bootstrap draws."
        yield ""


def text(value: str) -> str:
    """One line that Markdown shows as it is."""
    value = " ".join(value.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{letter}" if letter in "\\`*_[]|#!~" else letter for letter in value)
