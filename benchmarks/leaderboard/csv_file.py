"""leaderboard.csv: one row a seed and metric, and one a model and metric over its seeds."""

import csv
import io
import math
from collections.abc import Iterable, Iterator
from typing import Final

from .findings import Findings

COLUMNS: Final = (
    "protocol", "version", "cohort", "split", "fold", "truth", "truth_digest", "model", "seed", "metric", "unit",
    "better", "value", "spread", "n", "low", "high", "reliable", "leaky", "rank", "p_best",
)  # fmt: skip
ALL_SEEDS: Final = "mean"


def csv_bytes(boards: Iterable[Findings]) -> bytes:
    """Shares are in [0, 1]; what is not defined is empty.

    seed is `mean` in the rows over all seeds, which alone have spread, interval, rank and p.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for found in boards:
        writer.writerows(_rows(found))
    return text.getvalue().encode("utf-8", "replace")


def _rows(found: Findings) -> Iterator[list[object]]:
    board, key = found.board, found.board.key
    for name, cells in found.standings.items():
        leaky = _flag(name in board.leaky)
        for metric in board.protocol.metrics:
            one = cells[metric.name]
            asked = (key.protocol, key.version, key.cohort, key.split, key.fold)
            place = (*asked, key.truth, key.truth_digest, name)
            what = (metric.name, metric.unit, metric.better)
            for seed, score in one.by_seed.items():
                yield [*map(_inert, place), seed, *what, _number(score.value), "", score.n, "", "", "", leaky, "", ""]
            rank = found.ranks.get(name, "") if metric is board.primary else ""
            ends = (_number(one.low), _number(one.high), "" if math.isnan(one.low) else _flag(not one.why))
            figures = (_number(one.value), _number(one.spread), one.n, *ends)
            yield [*map(_inert, place), ALL_SEEDS, *what, *figures, leaky, rank, _number(one.p)]


def _number(value: float) -> str:
    """As many digits as it takes to read the same number back."""
    return repr(float(value)) if math.isfinite(value) else ""


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _inert(value: object) -> object:
    """A spreadsheet runs a cell that begins like a formula; names in run.json are anybody's."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
