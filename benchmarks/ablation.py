"""What each part of the two papers' models is worth on a small phantom cohort, trained small, on a CPU.

    python -m bleedkit.benchmarks.ablation OUT               every row, seeds 0 and 1; the table at the end
    python -m bleedkit.benchmarks.ablation OUT --seeds 1     the first seed only
    python -m bleedkit.benchmarks.ablation OUT --table       the table of the rows that are done

The rows of the track need XFeat's weights (`bleedkit weights fetch xfeat`, or --xfeat FILE); see track_stand_in.

Stopped and started again it goes on: done rows are skipped, a row that was cut goes on at its last checkpoint. Patients
are split 3:1, and nobody's clips are on both sides. Models are CPU-sized; their figures say nothing about the papers'.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from ..datasets.cohort import Cohort, holds_cohort
from ..datasets.phantom.generate import PhantomSettings, generate_phantom
from ..datasets.schema import ImageSize
from ..datasets.split import save_split, split_names
from ..datasets.split_build import build_split
from ..datasets.transaction import write_atomic
from ..models.bleedorigin.adapters import Adapters, AdapterSettings
from ..models.bleedorigin.onset_network import OnsetNetwork
from ..models.bleedorigin.source_network import SourceNetwork
from ..models.bleedorigin.track_network import TrackNetwork
from ..models.bloodet.network import BlooDet
from ..models.bloodet.size import TINY
from ..models.flows import FLOWS
from ..models.stage import CPU
from ..models.weights import weights_file
from ..pseudolabel.run import run_pseudolabels
from .sparse_runs import SparseRuns, track_errors
from .track_stand_in import XFeatLooks, matching_track_on
from .training.cached_clips import CachedClip, Part, cached_clips
from .training.clip_labels import DENSE
from .training.clip_scores import onset_errors, region_point_scores, source_errors
from .training.clip_windows import ClipWindows
from .training.frame_cache import FrameCache
from .training.onset_task import OnsetClips, OnsetTask
from .training.recipe import Recipe
from .training.region_point_task import RegionPointTask
from .training.run import train
from .training.source_task import LabelledPictures, SourceTask
from .training.task import Task
from .training.track_task import TrackTask

COHORTS: Final = {
    "surgblood": PhantomSettings("surgblood", clips=24, patients=12, scale=0.15),
    "bleedorigin": PhantomSettings("bleedorigin", clips=12, patients=8, scale=0.1),
    "bleedorigin-track": PhantomSettings("bleedorigin-track", clips=24, patients=12, scale=0.1),
}
PRESETS: Final = {"bleedorigin": "detector", "bleedorigin-track": "classical"}  # of pseudo-labels, by cohort
SPLIT: Final = "ablation"
ONSET_WINDOW: Final = 24
ONSET_ROUND: Final = {"window": ONSET_WINDOW, "skip": 24, "before": 40, "after": 24}

Scores = Mapping[str, float]
Make = Callable[[Sequence[CachedClip], int, Mapping[str, Path]], Task[Any]]


@dataclass(frozen=True)
class Row:
    """One variant of one model. make: the task with a fresh model, from clips, a seed and weights files by name.

    score: of held-out patients.
    """

    question: str
    variant: str
    cohort: str
    recipe: Recipe
    make: Make
    score: Callable[[Any, Sequence[CachedClip]], Scores]
    size: ImageSize

    @property
    def name(self) -> str:
        """Its files' name."""
        return f"{self.question}-{self.variant}".replace(" ", "-")


def _bloodet(**switches: Any) -> Make:
    def make(clips: Sequence[CachedClip], _seed: int, _weights: Mapping[str, Path]) -> Task[Any]:
        flow = None if switches.get("motion") == "none" or not switches.get("point_memory", True) else _dis()
        model = BlooDet(flow=flow, size=TINY, **switches)
        return RegionPointTask(model, ClipWindows.of(clips, length=5, stride=2), encoder_rate=1e-3, rate=1e-3)

    return make


def _onset(use_memory: bool) -> Make:
    def make(clips: Sequence[CachedClip], seed: int, _weights: Mapping[str, Path]) -> Task[Any]:
        model = OnsetNetwork(
            flow=_dis(), window=ONSET_WINDOW, size=(48, 56), channels=8, width=32, memory=2, spacing=8, layers=2,
            heads=4, dropout=0.0, use_memory=use_memory,
        )  # fmt: skip
        return OnsetTask(model, OnsetClips.of(clips, seed=seed, **ONSET_ROUND), learning_rate=3e-3)

    return make


def _source(pseudo: int) -> Make:
    def make(clips: Sequence[CachedClip], _seed: int, _weights: Mapping[str, Path]) -> Task[Any]:
        model = SourceNetwork(encoder="pe_spatial_tiny", encoder_weights="random", side=32, width=8)
        return SourceTask(model, LabelledPictures.of(clips, pseudo=pseudo), learning_rate=1e-3)

    return make


def _track(*, pseudo: bool) -> Make:
    def make(clips: Sequence[CachedClip], _seed: int, weights: Mapping[str, Path]) -> Task[Any]:
        looks = XFeatLooks(weights_file("xfeat", weights.get("xfeat")))
        adapters = Adapters(TrackNetwork(matching_track_on(looks)), AdapterSettings(kind="lora"))
        return TrackTask(adapters, SparseRuns.of(clips, pseudo=pseudo), learning_rate=2e-4)

    return make


def _region_point(model: Any, clips: Sequence[CachedClip]) -> Scores:
    found = region_point_scores(model, clips)
    return {"region IoU": found.iou, "PCK-10%": dict(found.pck)[0.1], "point error": found.error}


def _onset_error(model: Any, clips: Sequence[CachedClip]) -> Scores:
    errors = onset_errors(model, OnsetClips.of(clips, **ONSET_ROUND))
    missed = np.isnan(errors)
    return {
        "onset error, frames": float(np.where(missed, ONSET_WINDOW, errors).mean()),
        "within 1 frame": float((errors <= 1).mean()),
        "missed": float(missed.mean()),
    }


def _source_error(model: Any, clips: Sequence[CachedClip]) -> Scores:
    errors = source_errors(model, LabelledPictures.of(clips, pseudo=0, first_only=False))
    return {
        "source error": float(errors.mean()),
        "median": float(np.median(errors)),
        "within 10%": float((errors < 0.1).mean()),
    }


def _track_error(model: Any, clips: Sequence[CachedClip]) -> Scores:
    errors, still = track_errors(model, SparseRuns.of(clips, pseudo=False))
    return {
        "track error, px of 512": float(errors.mean()),
        "median": float(np.median(errors)),
        "standing still": float(still.mean()),
    }


def _dis() -> Any:
    """The flow that needs no weights."""
    return FLOWS["dis"].build(CPU)


_BLOODET: Final = Row(
    "BlooDet", "whole", "surgblood", Recipe(steps=240, warm_up=0.05), _bloodet(), _region_point, ImageSize(128, 128)
)
_ONSET: Final = Row(
    "onset", "memory block", "bleedorigin", Recipe(steps=500, warm_up=0.1), _onset(True), _onset_error,
    ImageSize(64, 48),
)  # fmt: skip
_SOURCE: Final = Row(
    "source", "pseudo-labels", "bleedorigin", Recipe(steps=150, warm_up=0.05), _source(10), _source_error,
    ImageSize(32, 32),
)  # fmt: skip
_TRACK: Final = Row(
    "track", "pseudo-labels", "bleedorigin-track", Recipe(steps=96, warm_up=0.1), _track(pseudo=True), _track_error,
    ImageSize(512, 384),
)  # fmt: skip
ROWS: Final = (
    _BLOODET,
    replace(_BLOODET, variant="no edge generator", make=_bloodet(edge="none")),
    replace(_BLOODET, variant="no point memory", make=_bloodet(point_memory=False)),
    replace(_BLOODET, variant="flow over the foreground", make=_bloodet(motion="foreground")),
    _ONSET,
    replace(_ONSET, variant="no memory block", make=_onset(False)),
    _SOURCE,
    replace(_SOURCE, variant="no pseudo-labels", make=_source(0)),
    _TRACK,
    replace(_TRACK, variant="no pseudo-labels", make=_track(pseudo=False)),
    replace(_TRACK, variant="not trained", recipe=Recipe(steps=1, rate=1e-9)),
    replace(_BLOODET, variant="flow over the whole picture", make=_bloodet(motion="global")),
    replace(_BLOODET, variant="no flow", make=_bloodet(motion="none")),
)


def cohort_of(out: Path, name: str) -> Cohort:
    """The cohort, with its split and its pseudo-labels where PRESETS names any; made where it is not there."""
    folder = out / name
    cohort = Cohort(folder) if holds_cohort(folder) else generate_phantom(folder, COHORTS[name], workers=1)
    if SPLIT not in split_names(cohort):
        save_split(cohort, build_split(cohort, name=SPLIT, ratio=(3, 0, 1)))
    if name in PRESETS:  # does nothing where it is done
        run_pseudolabels(cohort, preset=PRESETS[name], out=out / f"{name}-pseudolabels")
    return Cohort(folder)


def run_row(row: Row, seed: int, out: Path, weights: Mapping[str, Path]) -> dict[str, Any]:
    """Train one variant from one seed; score it on the patients that were held out, and on those it learnt from."""
    cohort, cache = cohort_of(out, row.cohort), FrameCache(out / "cache", row.size)
    held_in, held_out = (cached_clips(cohort, Part(SPLIT, name), cache, states=DENSE) for name in ("train", "test"))
    torch.manual_seed(seed)
    task = row.make(held_in, seed, weights)
    facts = {"row": row.name, "cohort": cohort.digest}
    trained = train(
        task, replace(row.recipe, seed=seed, save_every=60), out / "runs" / f"{row.name}-{seed}", facts=facts
    )
    return {
        "question": row.question,
        "variant": row.variant,
        "seed": seed,
        "scores": dict(row.score(task.model, held_out)),
        "scores_of_learnt": dict(row.score(task.model, held_in)),
        "clips": [len(held_in), len(held_out)],
        "recipe": asdict(row.recipe),
        "seconds": trained.seconds,
        "loss": trained.loss,
    }


def table(out: Path) -> str:
    """Every done row as Markdown: means over seeds, with each seed's value behind."""
    done = [json.loads(path.read_text()) for path in sorted((out / "rows").glob("*.json"))]
    lines: list[str] = []
    for question in dict.fromkeys(row.question for row in ROWS):
        variants = [row.variant for row in ROWS if row.question == question]
        found = {v: [row for row in done if (row["question"], row["variant"]) == (question, v)] for v in variants}
        names = list(next((rows[0]["scores"] for rows in found.values() if rows), {}))
        if names:
            lines += ["", f"| {question} | {' | '.join(names)} | seeds |", "|---" * (len(names) + 2) + "|"]
            lines += [_line(variant, rows, names) for variant, rows in found.items() if rows]
    return "\n".join(lines[1:])


def _line(variant: str, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    values = [[row["scores"][name] for row in rows] for name in names]
    told = [f"**{np.mean(each):.3f}** ({', '.join(f'{value:.3f}' for value in each)})" for each in values]
    return f"| {variant} | {' | '.join(told)} | {len(rows)} |"


def main() -> None:
    """Run what is not done yet and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--xfeat", type=Path, help="XFeat's weights, where torch.hub's folder has none")
    parser.add_argument("--table", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    weights = {"xfeat": chosen.xfeat} if chosen.xfeat else {}
    for seed in range(0 if chosen.table else chosen.seeds):
        for row in ROWS:
            path = chosen.out / "rows" / f"{row.name}-{seed}.json"
            if chosen.only in row.name and not path.exists():
                write_atomic(path, json.dumps(run_row(row, seed, chosen.out, weights), indent=2).encode())
                print(path.name, json.loads(path.read_text())["scores"], flush=True)
    print(table(chosen.out))


if __name__ == "__main__":
    main()
