"""Each model learns one phantom clip by heart, on a CPU: the proof that everything in it learns.

    python -m bleedkit.benchmarks.overfit OUT                 all four; writes OUT/overfit.png and prints the figures
    python -m bleedkit.benchmarks.overfit OUT bloodet onset   only these

Started again it goes on where it was: what is learnt is not learnt anew, and drawn as it came.
Models are small (Track-On comes in one size) and trained by the loop that trains the large ones. They begin from random
weights, but for the tracker, which begins from a stand-in that matches looks. The region's and the points' figures are
of the very frames that were learnt; nothing here is held out.
"""

import argparse
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from ..datasets.cohort import Cohort, holds_cohort
from ..datasets.phantom.generate import PhantomSettings, generate_phantom
from ..datasets.schema import ImageSize
from ..datasets.transaction import write_atomic
from ..models.bleedorigin.adapters import Adapters, AdapterSettings
from ..models.bleedorigin.onset_network import OnsetNetwork
from ..models.bleedorigin.source_network import SourceNetwork
from ..models.bleedorigin.track_network import TrackNetwork
from ..models.bloodet.network import BlooDet
from ..models.bloodet.size import TINY
from ..models.flows import FLOWS
from ..models.stage import CPU
from .track_stand_in import matching_track_on
from .training.batches import stacked
from .training.cached_clips import CachedClip, cached_clip
from .training.clip_scores import onset_errors, region_point_scores, source_errors
from .training.clip_windows import ClipWindows
from .training.frame_cache import FrameCache
from .training.onset_task import OnsetClips, OnsetTask
from .training.recipe import Recipe
from .training.region_point_task import RegionPointTask
from .training.run import train
from .training.source_task import LabelledPictures, SourceTask
from .training.task import Task
from .training.track_task import TrackRun, TrackTask
from .training.training_log import read_steps

REGIONS: Final = PhantomSettings("surgblood", seed=5, clips=1, patients=1, scale=0.12)
ONSETS: Final = PhantomSettings("bleedorigin", clips=1, patients=1, scale=0.06)
TRACKS: Final = PhantomSettings("bleedorigin-track", clips=1, patients=1, scale=0.15)
WINDOW: Final = 24
TRACKED: Final = (8, 18, 28)
"""Frames of the clip that the tracker is shown: far enough apart that standing still does not pass."""
ASKED_BESIDE: Final = (6.0, 0.0)
"""Pixels of 512 by 384 from the source to where the tracker is asked to start: following that place does not pass."""

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Learnt:
    """What came of one model. losses: of every step. figures: the last ones; over: (step, figures) on the way."""

    name: str
    losses: Sequence[float]
    over: Sequence[tuple[int, Figures]]
    seconds: float

    @property
    def figures(self) -> Figures:
        """Those after the last step."""
        return self.over[-1][1]


def overfit_bloodet(folder: Path, steps: int = 450) -> Learnt:
    """Regions and points of a clip of eight frames. iou; point error and width are of the square picture."""
    clip = _clip(folder, "regions", REGIONS, ImageSize(128, 128))
    model = BlooDet(flow=FLOWS["dis"].build(CPU), size=TINY)
    task = RegionPointTask(model, ClipWindows.of([clip], length=len(clip)), encoder_rate=2e-3, rate=2e-3)

    def figures() -> Figures:
        found = region_point_scores(model, [clip])
        return {"region IoU": found.iou, "point error, share of the width": found.error, "presence": found.presence}

    return _learnt("BlooDet", task, figures, Recipe(steps=steps, warm_up=0.05), folder / "bloodet")


def overfit_onset(folder: Path, steps: int = 300) -> Learnt:
    """The onset of a clip, shown from another frame on in every step."""
    clip = _clip(folder, "onsets", ONSETS, ImageSize(64, 48))
    model = OnsetNetwork(
        flow=FLOWS["dis"].build(CPU), window=WINDOW, size=(48, 56), channels=8, width=32, memory=2, spacing=8,
        layers=2, heads=4, dropout=0.0,
    )  # fmt: skip
    items = OnsetClips.of([clip], window=WINDOW, skip=24, before=40, after=24)

    def figures() -> Figures:
        error = onset_errors(model, items)[0]
        return {"onset error, frames": float(WINDOW if np.isnan(error) else error)}

    task = OnsetTask(model, items, learning_rate=3e-3)
    return _learnt("onset", task, figures, Recipe(steps=steps, warm_up=0.1), folder / "onset")


def overfit_source(folder: Path, steps: int = 160) -> Learnt:
    """The source in every frame of the clip that shows it."""
    clip = _clip(folder, "regions", REGIONS, ImageSize(96, 96))
    items = LabelledPictures.of([clip], pseudo=0, first_only=False)
    model = SourceNetwork(encoder="pe_spatial_tiny", encoder_weights="random", side=96, width=16)

    def figures() -> Figures:
        return {"point error, share of the width": float(source_errors(model, items).mean())}

    task = SourceTask(model, items, learning_rate=1e-3)
    return _learnt("source", task, figures, Recipe(steps=steps, batch=len(items), warm_up=0.05), folder / "source")


def overfit_track(folder: Path, steps: int = 40) -> Learnt:
    """The source through three frames, a third of a second apart: adapters (LoRA) on a Track-On that matches looks.

    Asked for a place beside the source, they are to end on the source. Track-On's own weights are not ours to ship, and
    adapters cannot mend a base that sees nothing.
    """
    clip = _clip(folder, "tracks", TRACKS, ImageSize(512, 384))
    run = _true_run(folder / "tracks", clip)
    adapters = Adapters(TrackNetwork(matching_track_on()), AdapterSettings(kind="lora", rank=8))
    task = TrackTask(adapters, _OneRun(run), learning_rate=2e-4, kept=1)

    def figures() -> Figures:
        with torch.no_grad():
            found = task.follow(stacked([run]))[0]
        away = (found - run.point).norm(dim=-1)[1:]
        still = (run.point[:1] - run.point).norm(dim=-1)[1:]
        return {"track error, px of 512": float(away.mean()), "standing still": float(still.mean())}

    return _learnt("track", task, figures, Recipe(steps=steps, warm_up=0.1), folder / "track")


OVERFITS: Final[Mapping[str, Callable[[Path], Learnt]]] = {
    "bloodet": overfit_bloodet,
    "onset": overfit_onset,
    "source": overfit_source,
    "track": overfit_track,
}


def draw(learnt: Sequence[Learnt], path: Path) -> None:
    """One panel a model: its loss, and its figures over the steps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(learnt), 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    for one, axes in zip(learnt, np.atleast_1d(figure.subplots(1, len(learnt))), strict=True):
        axes.plot(one.losses, color="0.7", label="loss")
        for name in one.figures:
            axes.plot([step for step, _ in one.over], [found[name] for _, found in one.over], marker=".", label=name)
        axes.set_yscale("symlog", linthresh=0.01)
        axes.set_ylim(bottom=0)
        axes.set(title=f"{one.name}, {one.seconds:.0f} s", xlabel="step")
        axes.legend(frameon=False, fontsize=8)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=90, metadata={"Software": None})
    write_atomic(path, data.getvalue())


class _OneRun:
    """A run as the only item."""

    def __init__(self, run: TrackRun) -> None:
        self._run = run

    def __len__(self) -> int:
        return 1

    def item(self, epoch: int, index: int) -> TrackRun:  # noqa: ARG002 - there is one
        return self._run


def _learnt(name: str, task: Task[Any], figures: Callable[[], Figures], recipe: Recipe, run: Path) -> Learnt:
    """Train, looking at the figures eight times on the way."""
    over: list[tuple[int, Figures]] = []
    after_step, every = task.after_step, max((recipe.steps or 1) // 8, 1)

    def look(step: int) -> None:
        after_step(step)
        if (step + 1) % every == 0:
            over.append((step, figures()))
            task.model.train()

    task.after_step = look  # type: ignore[method-assign]
    trained = train(task, recipe, run, facts={"overfit": name})
    over.append((trained.steps, figures()))
    return Learnt(name, [row["loss"] for row in read_steps(run)], over, trained.seconds)


def _clip(folder: Path, name: str, settings: PhantomSettings, size: ImageSize) -> CachedClip:
    """The one clip of such a cohort, made where it is not there, with pictures of that size; the seed is set."""
    place = folder / name
    cohort = Cohort(place) if holds_cohort(place) else generate_phantom(place, settings, workers=1)
    torch.manual_seed(0)
    return cached_clip(cohort, next(cohort.stream()), FrameCache(folder / "cache", size))


def _true_run(cohort: Path, clip: CachedClip) -> TrackRun:
    """The clip's TRACKED frames; people's labels are the source's exact place, but for the start."""
    from ..datasets.phantom.clip_truth import read_truth

    truth = read_truth(cohort, clip.clip_id)
    frames = np.array(TRACKED)
    xy = truth.xy[frames, 0] * np.array([512 / clip.stored.width, 384 / clip.stored.height])
    xy[0] += ASKED_BESIDE
    after_start = torch.arange(len(frames)) > 0
    return TrackRun(
        torch.from_numpy(clip.pictures(frames)),
        torch.from_numpy(xy.astype(np.float32)),
        after_start,
        torch.zeros(len(frames), dtype=torch.bool),
        torch.tensor([0, 0, len(frames)]),
    )


def main() -> None:
    """Over-fit the models named, all by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("models", nargs="*", metavar="|".join(OVERFITS))
    chosen = parser.parse_args()
    if unknown := set(chosen.models) - set(OVERFITS):
        parser.error(f"there is no model {', '.join(sorted(unknown))}")
    torch.set_num_threads(1)
    learnt = []
    for name in chosen.models or OVERFITS:
        path = chosen.out / f"{name}.json"
        if not path.exists():
            write_atomic(path, json.dumps(asdict(OVERFITS[name](chosen.out)), indent=1).encode())
        learnt.append(Learnt(**json.loads(path.read_text())))
        told = ", ".join(f"{what} {value:.3g}" for what, value in learnt[-1].figures.items())
        print(f"{name}: {told}; {len(learnt[-1].losses)} steps in {learnt[-1].seconds:.0f} s", flush=True)
    draw(learnt, chosen.out / "overfit.png")


if __name__ == "__main__":
    main()
