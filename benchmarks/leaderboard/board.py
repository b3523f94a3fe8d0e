"""Board: the runs that were asked the same, and so may be compared; and whose they are."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from ...datasets.progress import track
from ..metrics.metric import Metric
from ..metrics.score import Score
from ..metrics.summary import Summary
from ..predictions.groups import index_of, summary_and_groups
from ..predictions.row_index import RowIndex
from ..protocols.protocol import Protocol
from ..runs.record import RunRecord
from ..runs.run_folder import GoodRun
from .words import slug

HUMAN: Final = "human"
"""The model name under which annotators are scored against each other: a ceiling, not an entry."""


@dataclass(frozen=True, order=True)
class BoardKey:
    """What two runs must have in common to be compared.

    truth: whose word it is, `people` or a consensus by name; truth_digest: of all that they were scored against.
    """

    protocol: str
    version: str
    cohort: str
    split: str
    fold: int
    truth: str
    truth_digest: str

    @classmethod
    def of(cls, record: RunRecord) -> "BoardKey":
        """The board that a run stands on."""
        key = record.key
        place = (key.cohort, key.split, key.fold, key.truth)
        return cls(key.protocol, record.protocol_version, *place, record.truth_digest)

    @property
    def page(self) -> str:
        """Its page's file name, without `.html`."""
        return slug(self.protocol, self.cohort, self.split, str(self.fold), also=f"{self.version} {self.truth_digest}")


@dataclass(frozen=True, eq=False)
class ScoredRun:
    """A run and its typed rows. summaries, scores: by metric, computed from its predictions."""

    folder: Path
    record: RunRecord
    predictions: Any
    rows: Any
    summaries: Mapping[str, Summary]
    scores: Mapping[str, Score]

    @property
    def page(self) -> str:
        """Its page's file name, without `.html`."""
        key = self.record.key
        place = (key.protocol, key.cohort, key.split, str(key.fold))
        return slug(*place, key.model, str(key.seed), also=f"{self.record.protocol_version} {self.record.truth_digest}")


@dataclass(frozen=True, eq=False)
class Board:
    """Runs by model and, within it, by seed; both in order."""

    key: BoardKey
    protocol: Protocol
    models: Mapping[str, tuple[ScoredRun, ...]]

    @property
    def runs(self) -> tuple[ScoredRun, ...]:
        """All of them."""
        return tuple(run for runs in self.models.values() for run in runs)

    @cached_property
    def index(self) -> RowIndex:
        """The clips and frames of the primary metric, which are the same for every run."""
        return index_of(self.primary, self.runs[0].rows)

    @property
    def primary(self) -> Metric[Any]:
        """The metric that ranks."""
        return self.protocol.by_name[self.protocol.primary]

    @cached_property
    def leaky(self) -> frozenset[str]:
        """Models with a run that learnt from patients it was scored on."""
        return frozenset(name for name, runs in self.models.items() if any(run.record.leaky for run in runs))

    @cached_property
    def honest(self) -> tuple[str, ...]:
        """Models that are ranked: neither leaky nor human."""
        return tuple(name for name in self.models if name not in self.leaky and name != HUMAN)

    @cached_property
    def uneven(self) -> frozenset[str]:
        """Models whose seeds were run with different settings or code, so that their spread is not that of seeds."""
        return frozenset(name for name, runs in self.models.items() if len({_setup(run.record) for run in runs}) > 1)


def boards(good: Iterable[GoodRun], protocols: Mapping[str, Protocol]) -> list[Board]:
    """Every board, in order of its key. The order of runs does not matter.

    Each annotator is scored against the others, so against another truth than models are: `human` stands on all boards
    of its cohort and split whose truth is people's labels, and on one of its own where there is no model.

    Raises ValueError for two runs with one key on one board, which reading a folder of runs leaves out.
    """
    found: dict[BoardKey, dict[str, dict[int, ScoredRun]]] = {}
    people: dict[BoardKey, dict[int, ScoredRun]] = {}
    for run in track(sorted(good, key=_order), "Scoring runs"):
        key, model, seed = BoardKey.of(run.record), run.record.key.model, run.record.key.seed
        human = model == HUMAN
        seeds = people.setdefault(replace(key, truth_digest=""), {}) if human else _seeds(found, key, model)
        if seed in seeds:
            raise ValueError(f"two runs of one key: {run.record.key}")
        seeds[seed] = scored(run, protocols[key.protocol])
    for place, annotators in people.items():
        places = [key for key in found if replace(key, truth_digest="") == place] or [place]
        for key in places:
            found.setdefault(key, {})[HUMAN] = annotators
    return [
        Board(key, protocols[key.protocol], {name: tuple(seeds.values()) for name, seeds in models.items()})
        for key, models in sorted(found.items())
    ]


def _seeds(found: dict[BoardKey, dict[str, dict[int, ScoredRun]]], key: BoardKey, model: str) -> dict[int, ScoredRun]:
    return found.setdefault(key, {}).setdefault(model, {})


def scored(run: GoodRun, protocol: Protocol) -> ScoredRun:
    """Every metric of the protocol, from the run's predictions."""
    rows = protocol.rows(run.predictions)
    made = {metric.name: summary_and_groups(metric, rows) for metric in protocol.metrics}
    summaries = {name: summary for name, (summary, _) in made.items()}
    scores = {name: summary.score(groups) for name, (summary, groups) in made.items()}
    return ScoredRun(run.folder, run.record, run.predictions, rows, summaries, scores)


def _order(run: GoodRun) -> tuple[str, str, str, int, str, int, str]:
    key = run.record.key
    return (key.protocol, key.cohort, key.split, key.fold, key.model, key.seed, run.record.truth_digest)


def _setup(record: RunRecord) -> str:
    """What must be equal for two seeds to differ by the seed alone."""
    return json.dumps([record.code_version, _without_seed(record.settings)], sort_keys=True, default=str)


def _without_seed(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: _without_seed(one) for name, one in value.items() if name != "seed"}
