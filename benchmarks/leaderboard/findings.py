"""Findings: all that the statistics make of a board, before anything is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..statistics.ranks import RankStability
from .board import Board
from .standing import Standing


@dataclass(frozen=True, eq=False)
class Stratum:
    """Part of the clips, as `bright` of the scenarios. cells: the primary metric by model; n_patients: at most."""

    name: str
    n_clips: int
    n_patients: int
    cells: Mapping[str, Standing]


@dataclass(frozen=True, eq=False)
class Findings:
    """standings: by model, then metric. order: ranked models, the best first, those with nothing to rank last.

    ranks: from 1, of those with something; equals share the better one. stability: of the models in `ranks`, in that
    order, None where there are not two. breakdowns: strata by what they are strata of.
    """

    board: Board
    standings: Mapping[str, Mapping[str, Standing]]
    order: tuple[str, ...]
    ranks: Mapping[str, int]
    stability: RankStability | None = None
    breakdowns: Mapping[str, tuple[Stratum, ...]] = field(default_factory=dict)
