"""leaderboard.json: all findings as one document, for programs."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..runs.run_folder import BadRun
from .findings import Findings, Stratum
from .index_page import place, told
from .standing import Standing


def as_document(boards: Sequence[Findings], bad: Iterable[BadRun], root: Path) -> dict[str, Any]:
    """Shares in [0, 1]; null is not defined."""
    left_out = sorted((place(run.folder, root), told(run.what, root), told(run.remedy, root)) for run in bad)
    return {
        "format": 1,
        "boards": [_board(found) for found in boards],
        "left_out": [dict(zip(("run", "what", "remedy"), one, strict=True)) for one in left_out],
    }


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """The document as a file."""
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def _board(found: Findings) -> dict[str, Any]:
    board, key = found.board, found.board.key
    return {
        "page": f"{key.page}.html",
        "protocol": key.protocol,
        "version": key.version,
        "cohort": key.cohort,
        "split": key.split,
        "fold": key.fold,
        "truth": key.truth,
        "truth_digest": key.truth_digest,
        "primary": board.protocol.primary,
        "patients": len(board.index.patients),
        "clips": len(board.index.clips),
        "order": list(found.order),
        "models": {
            name: {
                "leaky": name in board.leaky,
                "rank": found.ranks.get(name),
                "settings_differ_between_seeds": name in board.uneven,
                "scores": {metric: _standing(one) for metric, one in cells.items()},
            }
            for name, cells in found.standings.items()
        },
        "kendall_tau": None if found.stability is None else _number(found.stability.mean_tau),
        "breakdowns": {what: [_stratum(one) for one in strata] for what, strata in found.breakdowns.items()},
    }


def _stratum(stratum: Stratum) -> dict[str, Any]:
    cells = {name: _standing(one) for name, one in stratum.cells.items()}
    return {"name": stratum.name, "patients": stratum.n_patients, "clips": stratum.n_clips, "models": cells}


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "value": _number(one.value),
        "spread": _number(one.spread),
        "n": one.n,
        "low": _number(one.low),
        "high": _number(one.high),
        "unreliable": one.why,
        "best": one.best,
        "p_best": _number(one.p),
        "by_seed": {str(seed): _number(score.value) for seed, score in one.by_seed.items()},
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
