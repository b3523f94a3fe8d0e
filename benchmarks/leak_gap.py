"""What a split over clips pays: the same model, the same test clips, trained with or without the test patients' others.

    python -m bleedkit.benchmarks.leak_gap --out leak_gap

A simulated cohort whose patients differ strongly is cut into folds twice, by patient and by clip. In both every clip is
tested once, by a model that learnt from as many other clips; the only difference is whether clips of the same patient
are among those. Predictions are scored by the protocol's own metrics, with intervals over patients. The model is a
table of colours, which learns in one pass; --model takes one of `bench list`, trained small, as runs of the harness.
"""

import argparse
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ..datasets.cohort import Cohort, holds_cohort
from ..datasets.media import clip_images
from ..datasets.phantom.generate import PhantomSettings, generate_phantom
from ..datasets.progress import track
from ..datasets.split import Split, save_split, split_names
from ..datasets.split_build import KFOLD, build_split
from ..models.colour_table import ColourTable
from .evaluation.clip_truth import clip_truth
from .evaluation.evaluate_clip import evaluate_clip
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
from .training.cached_clips import Part, part_clips
from .training.recipe import Recipe

BY_PATIENT: Final = "by-patient"
BY_CLIP: Final = "by-clip"
PROTOCOL: Final = "region-point"
METRICS: Final = ("iou", "dice", "iou_patient", "boundary_f", "pck_10")
COLOUR_TABLE: Final = "colour_table"
Answers = Mapping[tuple[str, int], pa.Table]  # by split and seed, all folds together


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


def of_runs(out: Path) -> Answers:
    """What the runs in `out` answered."""
    tables: dict[tuple[str, int], list[pa.Table]] = {}
    for run in read_runs(out)[0]:
        tables.setdefault((run.record.key.split, run.record.key.seed), []).append(run.predictions)
    return {place: pa.concat_tables(parts) for place, parts in tables.items()}


def of_colour_table(cohort: Cohort, folds: int) -> Answers:
    """What a table of colours answers, learnt anew in every fold of both splits."""
    protocol, found = PROTOCOLS[PROTOCOL], {}
    for split in (BY_PATIENT, BY_CLIP):
        tables = []
        for fold in range(folds):
            train = part_clips(cohort, Part(split, "train", fold, leaky=True))
            test = part_clips(cohort, Part(split, "test", fold, leaky=True))
            table = ColourTable.learn(_drawn(cohort, train))
            views = (view for view in cohort.stream() if view.clip.clip_id in test)
            tables += [
                evaluate_clip(protocol, cohort, view, table) for view in track(views, f"{split} {fold}", len(test))
            ]
        found[split, 0] = pa.concat_tables(tables)
    return found


def _drawn(cohort: Cohort, clips: Collection[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every picture of these clips on which people drew, or said that nothing bleeds, with the region."""
    for view in cohort.stream():
        if view.clip.clip_id in clips:
            regions = clip_truth(cohort, view).regions
            for frame, rgb in clip_images(cohort.media_root, view.clip, view.frames, sorted(regions)):
                yield rgb, regions[frame]()


def gaps(pooled: Answers, names: Sequence[str] = METRICS) -> list[Gap]:
    """Both splits, scored on the same clips. Raises ValueError where those are not the same."""
    protocol = PROTOCOLS[PROTOCOL]
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
    parser.add_argument("--model", default=COLOUR_TABLE)
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
    if asked.model == COLOUR_TABLE:
        found = gaps(of_colour_table(cohort, asked.folds))
    else:
        recipe = Recipe(epochs=1, steps=asked.steps, batch=1, workers=0, warm_up=0.0, decay=True)
        run_all(cohort, asked.model, recipe, folds=asked.folds, seeds=asked.seeds, out=asked.out / "runs")
        found = gaps(of_runs(asked.out / "runs"))
    print(table_of(found))
    draw(found, asked.out / "leak_gap.png")


if __name__ == "__main__":
    main()
