"""What a leaderboard says, for a terminal: every board's ranking by its primary metric."""

import math
from collections.abc import Sequence

from ...datasets.split_text import table
from .board import HUMAN
from .findings import Findings
from .words import NOTHING, figure, head, interval

_HEAD = ("rank", "model", "seeds", "score", "95 % over patients")


def summary_text(boards: Sequence[Findings]) -> str:
    """A table a board; what is not ranked stands last."""
    return "\n\n".join(map(_board, boards)) if boards else "There is no finished run."


def _board(found: Findings) -> str:
    board, key = found.board, found.board.key
    fold = f", fold {key.fold}" if key.fold else ""
    human = [HUMAN] if HUMAN in board.models and HUMAN not in board.leaky else []
    rows = [_row(found, name) for name in [*found.order, *human, *sorted(board.leaky)]]
    tau = "" if found.stability is None else f"; Kendall's tau {figure(found.stability.mean_tau, '')}"
    return (
        f"{key.protocol} {key.version} on {key.cohort}, split {key.split}{fold}, truth {key.truth}: "
        f"{head(board.primary)}, {len(board.index.patients)} patients{tau}\n{table(list(_HEAD), rows)}"
    )


def _row(found: Findings, name: str) -> list[str]:
    metric = found.board.primary
    one = found.standings[name][metric.name]
    spread = "" if math.isnan(one.spread) else f" ± {figure(one.spread, metric.unit)}"
    score = f"{figure(one.value, metric.unit)}{spread} {one.mark}".strip()
    shown = name + (" LEAKY" if name in found.board.leaky else "") + (" (ceiling)" if name == HUMAN else "")
    seeds = str(len(found.board.models[name]))
    between = interval(one.low, one.high, metric.unit)
    return [str(found.ranks.get(name, NOTHING)), shown, seeds, score, between]
