"""Our runs beside a paper's table: which of them belong there, and what they make of each of its figures."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ...datasets.errors import BleedkitError
from ..evaluation.whose_truth import PEOPLE
from ..protocols.registry import PROTOCOLS
from ..runs.record import Efficiency, RunRecord
from ..runs.run_folder import GoodRun
from .paper_table import SCALES, Column, PaperTable

HUMAN: Final = "human"
"""What runs of annotators are called. runs.human_run has it too, and brings torch along; a test holds them equal."""


@dataclass(frozen=True)
class Wanted:
    """Whose runs: of these cohorts (at most one a protocol), this split, fold, truth; any where nothing is said."""

    cohorts: tuple[str, ...] = ()
    split: str = ""
    fold: int | None = None
    truth: str = ""


@dataclass(frozen=True)
class Here:
    """Mean over seeds, in the column's unit. spread: their standard deviation (n - 1), None for a single seed.

    leaky: a patient whom it was scored on may have been learnt from.
    """

    value: float
    spread: float | None
    seeds: tuple[int, ...]
    leaky: bool = False


@dataclass(frozen=True)
class Evaluation:
    """What all runs of one protocol beside a table share.

    truth: `people`, or a consensus by name. sizes: of models that are not of the full size. uneven: models whose seeds
    differ in more than the seed.
    """

    protocol: str
    version: str
    cohort: str
    split: str
    fold: int
    part: str
    seeds: tuple[int, ...]
    truth: str = PEOPLE
    sizes: Mapping[str, str] = field(default_factory=dict)
    uneven: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reproduced:
    """figures: by protocol, model and name of what was measured. evaluations: by protocol. others: models that the
    table does not list, in order.
    """

    figures: Mapping[tuple[str, str, str], Here]
    evaluations: Mapping[str, Evaluation]
    others: tuple[str, ...]

    def here(self, protocol: str, entry: str, column: Column) -> Here | None:
        """What stands beside one printed figure; None where there is no run, or the paper's models had a setting."""
        if column.setting:
            return None
        return self.figures.get((protocol, entry, column.measured))


def reproduced(table: PaperTable, runs: Sequence[GoodRun], wanted: Wanted | None = None) -> Reproduced:
    """Choose the runs that belong beside `table`, and take their figures together over seeds.

    Runs of one protocol must all be of one cohort, split and fold, scored on the same truth by the protocol's present
    version, be it people's labels or a consensus; otherwise nothing is mixed, and BleedkitError says what to choose
    from. Annotators scored against each other are left out, as each has a truth of its own.
    """
    wanted = wanted or Wanted()
    _check_there(runs, wanted)
    chosen = {
        protocol: _of_one_evaluation(protocol, [run.record for run in runs], wanted) for protocol in _protocols(table)
    }
    figures: dict[tuple[str, str, str], Here] = {}
    for protocol, records in chosen.items():
        columns = {c for _, r, c, _ in table.cells() if (r.protocol or c.protocol) == protocol}
        for model in sorted({record.key.model for record in records}):
            mine = sorted((r for r in records if r.key.model == model), key=lambda record: record.key.seed)
            for column in columns:
                found = _together(mine, column)
                if found:
                    figures[protocol, model, column.measured] = found
    listed = {row.entry for panel in table.panels for row in panel.rows}
    models = {record.key.model for records in chosen.values() for record in records}
    comparable = not table.subject and any(not column.setting for _, _, column, _ in table.cells())
    others = tuple(sorted(m for m in models - listed if "@" not in m)) if comparable else ()
    return Reproduced(figures, {p: _evaluation(p, records) for p, records in chosen.items() if records}, others)


def _check_there(runs: Sequence[GoodRun], wanted: Wanted) -> None:
    """A misspelt name is an error, where a cohort without runs of this table's protocols is not."""
    for name, asked, there in (
        ("cohort", wanted.cohorts, {run.record.key.cohort for run in runs}),
        ("split", (wanted.split,) if wanted.split else (), {run.record.key.split for run in runs}),
        ("truth", (wanted.truth,) if wanted.truth else (), {run.record.key.truth for run in runs}),
    ):
        strange = [each for each in asked if each not in there]
        if strange:
            told = ", ".join(sorted(there)) or "there are none"
            raise BleedkitError(f"no run is of {name} {strange[0]}", f"runs are of: {told}")


def _protocols(table: PaperTable) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.protocol or column.protocol for _, row, column, _ in table.cells()))


def _of_one_evaluation(protocol: str, records: Sequence[RunRecord], wanted: Wanted) -> list[RunRecord]:
    """Those of the protocol, once it is certain that they are all of the same."""
    spec = PROTOCOLS[protocol]
    mine = [
        r
        for r in records
        if (r.key.protocol, r.protocol_version) == (protocol, spec.version)
        and r.key.model != HUMAN
        and (not wanted.cohorts or r.key.cohort in wanted.cohorts)
        and (not spec.part or not wanted.split or r.key.split == wanted.split)  # others score whole cohorts
        and (not spec.part or wanted.fold is None or r.key.fold == wanted.fold)
        and wanted.truth in ("", r.key.truth)
    ]
    places = sorted({(r.key.cohort, r.key.split, r.key.fold, r.key.truth) for r in mine})
    if len(places) > 1:
        told = "; ".join(f"--cohort {c} --split {split} --fold {fold} --truth {t}" for c, split, fold, t in places)
        raise BleedkitError(f"runs of {protocol} are of {len(places)} evaluations", f"choose one: {told}")
    truths = {r.truth_digest: r.key.folder for r in mine}
    if len(truths) > 1:
        names = ", ".join(str(folder) for folder in sorted(truths.values()))
        raise BleedkitError(
            f"runs of {protocol} were scored on different truth, for one {names}",
            "evaluate the older ones again, or move them away",
        )
    return mine


def _evaluation(protocol: str, records: Sequence[RunRecord]) -> Evaluation:
    key = records[0].key
    return Evaluation(
        protocol=protocol,
        version=records[0].protocol_version,
        cohort=key.cohort,
        split=key.split,
        fold=key.fold,
        part=PROTOCOLS[protocol].part,
        seeds=tuple(sorted({record.key.seed for record in records})),
        truth=key.truth,
        sizes={r.key.model: str(r.settings["size"]) for r in records if r.settings.get("size", "full") != "full"},
        uneven=tuple(model for model in sorted({r.key.model for r in records}) if len(_setups(model, records)) > 1),
    )


def _setups(model: str, records: Sequence[RunRecord]) -> set[str]:
    """What has to be one thing for a model's seeds to differ by the seed alone."""
    mine = [record for record in records if record.key.model == model]
    return {json.dumps([r.code_version, _without_seed(r.settings)], sort_keys=True, default=str) for r in mine}


def _without_seed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without what is a seed's own: itself, in the recipe as well, and the weights that it led to."""
    return {
        name: _without_seed(value) if isinstance(value, Mapping) else value
        for name, value in settings.items()
        if name not in ("seed", "trained_elsewhere")
    }


def _together(records: Sequence[RunRecord], column: Column) -> Here | None:
    """One model's seeds as one figure; None where nothing was measured."""
    measured = [(record.key.seed, _measured(record, column)) for record in records]
    values = [(seed, value * SCALES[column.unit]) for seed, value in measured if value is not None]
    if not values:
        return None
    numbers = [value for _, value in values]
    spread = statistics.stdev(numbers) if len(numbers) > 1 else None
    leaky = any(record.leaky for record in records)
    return Here(statistics.fmean(numbers), spread, tuple(seed for seed, _ in values), leaky)


def _measured(record: RunRecord, column: Column) -> float | None:
    """A score, in the metric's unit, or a cost."""
    if column.metric == "latency_s":
        rate = record.efficiency.frames_per_s
        return 1 / rate if rate else None
    if column.measured in Efficiency.__dataclass_fields__:
        cost: float | None = getattr(record.efficiency, column.measured)
        return cost
    score = record.scores.get(column.measured)
    return score.value if score and score.n else None
