"""What a split over clips pays: the same model, the same test clips, trained with or without the test patients' others.

    python -m bleedkit.benchmarks.leak_gap --out leak_gap

A simulated cohort whose patients differ strongly is cut into folds twice, by patient and by clip. In both every clip is
tested once, by a model trained on as many other clips; the only difference is whether clips of the same patient are
among those. Every run is one of the harness, and the pooled predictions are scored by the protocol's own metrics, with
intervals over patients. Writes runs, a table and a picture.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ..datasets.cohort import Cohort, holds_cohort
from ..datasets.phantom.generate import PhantomSettings, generate_phantom
from ..datasets.split import Split, save_split, split_names
from ..datasets.split_build import KFOLD, build_split
from .metrics.metric import Metric
from .predictions.groups import summary_and_groups
from .protocols.registry import PROTOCOLS
from .runs.one_run import run_one
from .runs.read_runs import read_runs
from .runs.run_plan import RunJob
from .statistics.bootstrap import draws
from .statistics.interval import interval
from .statistics.paired import Difference, difference
from .statistics.resampled import Resampled
from .training.recipe import Recipe

BY_PATIENT: Final = "by-patient"
BY_CLIP: Final = "by-clip"
PROTOCOL: Final = "region-point"
METRICS: Final = ("iou", "dice", "pck_5", "pck_10", "presence_accuracy")


@dataclass(frozen=True)
class Gap:
    """One metric under both splits, pooled over all folds and seeds' mean. difference: by clip less by patient."""

    metric: Metric[Any]
    honest: Resampled
    leaking: Resampled
    difference: Difference


def clip_folds(cohort: Cohort, folds: int, seed: int) -> Split:
    """Clips dealt out at random, as SurgBlood 5.1 does: a patient's clips land on both sides."""
    ids = list(cohort.clips)
    dealt = np.random.default_rng(seed).permutation(len(ids)) % folds
    parts = [
        {clip_id: "test" if at == fold else "train" for clip_id, at in zip(ids, dealt, strict=True)}
        for fold in range(folds)
    ]
    return Split(BY_CLIP, "clips at random", cohort.digest, parts, unit="clip", seed=seed)


def make_cohort(folder: Path, settings: PhantomSettings, folds: int) -> Cohort:
    """The simulated cohort with both splits, or the one that is there."""
    cohort = Cohort(folder) if holds_cohort(folder) else generate_phantom(folder, settings)
    if BY_CLIP not in split_names(cohort):
        save_split(cohort, build_split(cohort, name=BY_PATIENT, method=KFOLD, folds=folds, seed=settings.seed))
        save_split(cohort, clip_folds(cohort, folds, settings.seed))
    return cohort


def run_all(cohort: Cohort, model: str, recipe: Recipe, *, folds: int, seeds: int, out: Path) -> None:
    """Train and ask the model in every fold of both splits; what is done is not done again."""
    for seed in range(seeds):
        for split in (BY_PATIENT, BY_CLIP):
            for fold in range(folds):
                job = RunJob(
                    PROTOCOL,
                    model,
                    seed,
                    cohort.folder,
                    split,
                    fold,
                    size="tiny",
                    init="random",
                    recipe=replace(recipe, seed=seed),
                    allow_leak=split == BY_CLIP,
                )
                run_one(job, out)


def gaps(out: Path, names: Sequence[str] = METRICS) -> list[Gap]:
    """Both splits of the runs in `out`, scored on the same clips. Raises ValueError where those are not the same."""
    found, _ = read_runs(out)
    protocol = PROTOCOLS[PROTOCOL]
    tables: dict[tuple[str, int], list[pa.Table]] = {}
    for run in found:
        tables.setdefault((run.record.key.split, run.record.key.seed), []).append(run.predictions)
    pooled = {place: pa.concat_tables(parts) for place, parts in tables.items()}
    clips = {frozenset(table["clip_id"].to_pylist()) for table in pooled.values()}
    if len(clips) != 1:
        raise ValueError("both splits must be finished in every fold, so that they test the same clips")
    rows = {place: protocol.rows(table) for place, table in pooled.items()}
    found_gaps = []
    for name in names:
        metric = protocol.by_name[name]
        by_split = {}
        for split in (BY_PATIENT, BY_CLIP):
            of_seeds = []
            for (of, _), one in sorted(rows.items()):
                if of == split:
                    summary, groups = summary_and_groups(metric, one)
                    of_seeds.append(Resampled.of(summary, groups, draws(groups)))
            by_split[split] = Resampled.mean(of_seeds)
        both = difference(by_split[BY_CLIP], by_split[BY_PATIENT], metric.better)
        found_gaps.append(Gap(metric, by_split[BY_PATIENT], by_split[BY_CLIP], both))
    return found_gaps


def table_of(found: Sequence[Gap]) -> str:
    """Markdown: each metric by patient, by clip, and how much the leak pays, with 95 % intervals over patients."""
    lines = ["| metric | split by patient | split by clip | the leak pays | p |", "|---|---|---|---|---|"]
    for gap in found:
        delta, p = gap.difference, f"{gap.difference.p:.3f}"
        pays = f"{100 * delta.delta:+.1f} ({100 * delta.low:+.1f} to {100 * delta.high:+.1f})"
        lines.append(
            f"| {gap.metric.title} | {_with_interval(gap.honest)} | {_with_interval(gap.leaking)} | {pays} | {p} |"
        )
    return "\n".join(lines)


def draw(found: Sequence[Gap], path: Path) -> None:
    """Two points with intervals for each metric."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 0.7 + 0.55 * len(found)), layout="constrained")
    axes = figure.add_subplot()
    for place, (name, colour) in enumerate((("by patient", "#0072B2"), ("by clip: leaks", "#D55E00"))):
        sides = [gap.leaking if place else gap.honest for gap in found]
        spans = [interval(side) for side in sides]
        at = np.arange(len(found)) + 0.12 * (2 * place - 1)
        value = np.array([100 * side.value for side in sides])
        error = np.abs(np.array([(100 * span.low, 100 * span.high) for span in spans]).T - value)
        axes.errorbar(value, at, xerr=error, fmt="o", color=colour, capsize=3, label=name)
    axes.set_yticks(np.arange(len(found)), [gap.metric.title for gap in found])
    axes.invert_yaxis()
    axes.set_xlabel("%, with 95 % intervals over patients")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=130)


def _with_interval(side: Resampled) -> str:
    span = interval(side)
    mark = "" if span.reliable else " †"
    return f"{100 * side.value:.1f} ({100 * span.low:.1f} to {100 * span.high:.1f}){mark}"


def main() -> None:
    """The command above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="unet")
    parser.add_argument("--patients", type=int, default=10)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--scale", type=float, default=0.15)
    parser.add_argument("--identity", type=float, default=3.0)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="of the cohort and its splits")
    asked = parser.parse_args()
    settings = PhantomSettings(
        "surgblood", asked.seed, asked.patients, asked.clips, asked.scale, identity=asked.identity
    )
    cohort = make_cohort(asked.out / "cohort", settings, asked.folds)
    recipe = Recipe(epochs=1, steps=asked.steps, batch=1, workers=0, warm_up=0.0, decay=True)
    run_all(cohort, asked.model, recipe, folds=asked.folds, seeds=asked.seeds, out=asked.out / "runs")
    found = gaps(asked.out / "runs")
    print(table_of(found))
    draw(found, asked.out / "leak_gap.png")


if __name__ == "__main__":
    main()
