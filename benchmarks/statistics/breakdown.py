"""Breakdown: a figure by scenario, site or patient, each with its interval; rows are weighed, never scored again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..metrics.draws import Draws, Groups
from ..metrics.summary import Summary
from ..predictions.row_index import ClipFacts
from .bootstrap import draws_within
from .interval import Interval, interval
from .resampled import Resampled

Key = Callable[[ClipFacts], Sequence[str]]
"""The strata that a clip is in: none, one, or several."""

KEYS: Final[Mapping[str, Key]] = {
    "scenario": lambda clip: clip.scenarios,
    "site": lambda clip: (clip.site,) if clip.site else (),  # of SurgBlood: the bleeding type, which is by tissue
    "patient": lambda clip: (clip.patient_id,),
}

DRAWS: Final = 2_000  # enough for an interval that is looked at beside its neighbours


@dataclass(frozen=True, eq=False)
class Stratum:
    """Some of the clips. keep (C,) bool: which; draws: resamples of their patients and them alone."""

    name: str
    keep: np.ndarray
    draws: Draws


@dataclass(frozen=True)
class StratumScore:
    """value: NaN where nothing is scored. n_patients: with anything to score; n_clips: in the stratum."""

    name: str
    value: float
    n_patients: int
    n_clips: int
    interval: Interval


def strata(groups: Groups, clips: Sequence[ClipFacts], key: Key, n: int = DRAWS, seed: int = 0) -> tuple[Stratum, ...]:
    """The strata of a protocol's clips by name, once for all its metrics and models. clips: as in RowIndex.

    A clip that has several scenarios is in several strata.
    """
    keys = [tuple(key(clip)) for clip in clips]
    names = sorted({name for named in keys for name in named})
    kept = {name: np.array([name in named for named in keys]) for name in names}
    return tuple(Stratum(name, keep, draws_within(groups, keep, n, seed)) for name, keep in kept.items())


def breakdown(seeds: Sequence[Summary], groups: Groups, within: Sequence[Stratum]) -> tuple[StratumScore, ...]:
    """The figure of each stratum, mean over the seeds of a model. Intervals of few patients say so, as everywhere."""
    return tuple(_scored(seeds, groups, stratum) for stratum in within)


def _scored(seeds: Sequence[Summary], groups: Groups, stratum: Stratum) -> StratumScore:
    figure = Resampled.mean([Resampled.of(summary, groups, stratum.draws, stratum.keep) for summary in seeds])
    clips = int(stratum.keep.sum())
    return StratumScore(stratum.name, figure.value, int(figure.counted.sum()), clips, interval(figure))
