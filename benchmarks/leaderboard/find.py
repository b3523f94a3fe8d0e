"""From a board to its findings: figures with intervals, who is worse than the best, and how sure the ranks are."""

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from ...datasets.progress import track
from ..metrics.draws import Draws
from ..metrics.metric import Metric
from ..predictions.groups import groups_of
from ..statistics.bootstrap import draws
from ..statistics.breakdown import DRAWS as STRATUM_DRAWS
from ..statistics.breakdown import KEYS, StratumScore, breakdown, strata
from ..statistics.holm import holm
from ..statistics.interval import interval
from ..statistics.paired import difference
from ..statistics.ranks import RankStability, rank_stability
from ..statistics.resampled import Resampled
from ..statistics.seeds import spread
from .board import HUMAN, Board, ScoredRun
from .findings import Findings, Stratum
from .standing import Standing, badness

Figures = Mapping[str, Mapping[str, Resampled]]
"""By model and metric: the mean over its seeds, resampled with the board's draws."""


def find(board: Board, n_draws: int) -> Findings:
    """n_draws: of the intervals and ranks; a stratum's are STRATUM_DRAWS at most. The same board, the same findings."""
    drawn = draws(board.index.groups, n_draws)
    models = [name for name in board.models if name != HUMAN]
    said = f"Resampling {board.key.protocol}"
    figures = {name: _figures(board.protocol.metrics, board.models[name], drawn) for name in track(models, said)}
    standings = {name: _standings(board, name, figures.get(name, {})) for name in board.models}
    order = _order(board, standings)
    ranks = _ranks(board, standings, order)
    return Findings(
        board,
        _compared(board, standings, figures),
        order,
        ranks,
        _stability(board, figures, ranks),
        _breakdowns(board, models, min(n_draws, STRATUM_DRAWS)),
    )


def _figures(metrics: tuple[Metric[Any], ...], runs: tuple[ScoredRun, ...], drawn: Draws) -> dict[str, Resampled]:
    return {
        metric.name: Resampled.mean(
            [Resampled.of(run.summaries[metric.name], groups_of(metric, run.rows), drawn) for run in runs]
        )
        for metric in metrics
    }


def _standings(board: Board, name: str, figures: Mapping[str, Resampled]) -> dict[str, Standing]:
    """Without figures, as people's are, who were not all asked the same frames, there are no intervals."""
    found = {}
    for metric in board.protocol.metrics:
        by_seed = {run.record.key.seed: run.scores[metric.name] for run in board.models[name]}
        over = spread(list(by_seed.values()))
        n = min((score.n for score in by_seed.values() if score.n), default=0)
        low, high, why = math.nan, math.nan, ""
        if metric.name in figures and n:
            between = interval(figures[metric.name])
            low, high, why = between.low, between.high, between.why
        found[metric.name] = Standing(over.mean, over.sd, by_seed, n, low, high, why)
    return found


def _order(board: Board, standings: Mapping[str, Mapping[str, Standing]]) -> tuple[str, ...]:
    def place(name: str) -> tuple[float, str]:
        return badness(board.primary, standings[name][board.primary.name].value), name

    return tuple(sorted(board.honest, key=place))


def _ranks(board: Board, standings: Mapping[str, Mapping[str, Standing]], order: tuple[str, ...]) -> dict[str, int]:
    bad = {name: badness(board.primary, standings[name][board.primary.name].value) for name in order}
    values = list(bad.values())
    return {name: values.index(value) + 1 for name, value in bad.items() if math.isfinite(value)}


def _compared(
    board: Board, standings: Mapping[str, Mapping[str, Standing]], figures: Figures
) -> dict[str, dict[str, Standing]]:
    """The best of every metric, and p of the others against it. A signed error has no best: it tells a direction."""
    found = {name: dict(cells) for name, cells in standings.items()}
    for metric in board.protocol.metrics:
        names = [name for name in board.honest if standings[name][metric.name].defined]
        if len(names) < 2 or metric.better == "zero":
            continue
        least = min(badness(metric, standings[name][metric.name].value) for name in names)
        best = [name for name in names if badness(metric, standings[name][metric.name].value) == least]
        others = [name for name in names if name not in best]
        if not others:
            continue
        ps = [difference(figures[n][metric.name], figures[best[0]][metric.name], metric.better).p for n in others]
        for name in best:
            found[name][metric.name] = replace(found[name][metric.name], best=True)
        for name, p in zip(others, holm(ps), strict=True):
            found[name][metric.name] = replace(found[name][metric.name], p=float(p))
    return found


def _stability(board: Board, figures: Figures, ranked: Collection[str]) -> RankStability | None:
    if len(ranked) < 2:
        return None
    return rank_stability([figures[name][board.primary.name] for name in ranked], board.primary.better)


def _breakdowns(board: Board, models: list[str], n_draws: int) -> dict[str, tuple[Stratum, ...]]:
    """Only what tells clips apart: two strata or more."""
    metric, found = board.primary, {}
    if not models:
        return {}
    for what, key in KEYS.items():
        within = strata(board.index.groups, board.index.clips, key, n_draws)
        if len(within) < 2:
            continue
        scores = {
            name: breakdown(
                [run.summaries[metric.name] for run in board.models[name]],
                groups_of(metric, board.models[name][0].rows),
                within,
            )
            for name in models
        }
        found[what] = tuple(
            Stratum(
                stratum.name,
                int(stratum.keep.sum()),
                len(set(board.index.groups.patient[stratum.keep].tolist())),
                {name: _stratum(scores[name][place]) for name in models},
            )
            for place, stratum in enumerate(within)
        )
    return found


def _stratum(one: StratumScore) -> Standing:
    between = one.interval
    n = 0 if math.isnan(one.value) else one.n_patients
    return Standing(one.value, math.nan, {}, n, between.low, between.high, between.why)
