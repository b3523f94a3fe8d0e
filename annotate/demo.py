"""The main job in small, on simulated surgery or on one's own video: from sparse points to dense ones to look at."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..datasets import vl_surgpt
from ..datasets.build import build_cohort
from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from ..datasets.phantom.generate import demo_cohort
from ..datasets.problems import Problems
from ..datasets.source import DatasetSpec, ReadOptions, SourceClip
from ..datasets.split import PARTS, save_split
from ..datasets.split_build import build_split
from ..datasets.transaction import write_atomic
from ..pseudolabel.engines import EngineChoice
from ..pseudolabel.run import RunResult, run_pseudolabels
from .mongo import running_mongod

MARKER: Final = ".bleedkit-demo"
PRESET: Final = "classical"
SPLIT: Final = "by-patient"
# What a demo writes into its folder, and all that a later one may take away again.
_LEDGER: Final = ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "log.jsonl")
_OURS: Final = ("cohort", "shards", "run.json", "report.html", ".lock", *_LEDGER, MARKER)


@dataclass(frozen=True)
class DemoResult:
    """cohort, report: where they lie. dataset: its name in FiftyOne, "" where it was not pushed."""

    cohort: Path
    report: Path
    dataset: str
    labelled: int
    flagged: int


@dataclass(frozen=True)
class OwnClip:
    """The user's video, and its points as VL-SurgPT writes them: frame -> list of [x, y], or null for not visible."""

    video: Path
    labels: Path


class Steps:
    """Says each step with a tick and its time."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.detail = ""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what runs within; a step that fails is said with a cross. It may set `detail`."""
        start, self.detail = time.monotonic(), ""
        try:
            yield
        except BaseException:
            self.say(f"  ✗ {name}")
            raise
        self.say(f"  ✓ {name:<34} {time.monotonic() - start:6.1f} s   {self.detail}".rstrip())


def run_demo(
    out: Path,
    *,
    own: OwnClip | None = None,
    seed: int = 0,
    fiftyone: bool = True,
    overwrite: bool = False,
    say: Callable[[str], None] = print,
) -> DemoResult:
    """Simulate (or take) clips, build a cohort, split it, densify its points, report, and push it to FiftyOne.

    say: is told of each step. Everything lies below `out`, but for FiftyOne's database, which is where `bleedkit
    annotate` keeps it. Raises BleedkitError where `out` holds something and is no earlier demo with `overwrite`, where
    the user's files cannot be used, or where there is no MongoDB; what was done before stays.
    """
    _make_room(out, overwrite=overwrite)
    steps = Steps(say)
    with steps.step("build the cohort" if own else "simulate surgery of six patients"):
        cohort = _build(own, out / "cohort", say) if own else demo_cohort(out / "cohort", seed)
        counts = cohort.meta.counts
        steps.detail = f"{counts['clips']} clips, {counts['frames']} frames, {counts['points']} human labels"
    with steps.step("split it by patient"):
        split = build_split(cohort, name=SPLIT, seed=seed)
        save_split(cohort, split)
        parts = list(split.folds[0].values())
        steps.detail = ", ".join(f"{parts.count(part)} {part}" for part in PARTS) + " patients"
    with steps.step("densify the points, write a report"):
        workers = min(len(cohort.clips), os.cpu_count() or 1)
        run = run_pseudolabels(cohort, preset=PRESET, out=out, engine=EngineChoice(workers=workers))
        _check(run)
        steps.detail = f"{run.labelled} pseudo-labels, {run.flagged} frames flagged for review"
    dataset = f"{out.resolve().name}-{cohort.digest[:6]}" if fiftyone else ""
    if fiftyone:
        with steps.step("push it to FiftyOne"):
            steps.detail = _push(cohort, dataset)
    return DemoResult(cohort.folder, run.report, dataset, run.labelled, run.flagged)


def _make_room(out: Path, *, overwrite: bool) -> None:
    """An empty folder marked as ours. Of an earlier demo, only what a demo writes is taken away."""
    if out.exists() and (not out.is_dir() or any(path.name != MARKER for path in out.iterdir())):
        if not (out / MARKER).is_file():
            raise BleedkitError(f"{out} holds something that is not a demo of ours", "choose another --out")
        if not overwrite:
            raise BleedkitError(
                f"{out} holds an earlier demo", "use --overwrite to make it anew, or choose another --out"
            )
        for name in _OURS:
            path = out / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    write_atomic(out / MARKER, b"Made by 'bleedkit demo'.\n")


def _build(own: OwnClip, out: Path, say: Callable[[str], None]) -> Cohort:
    spec, root = _take(own)
    result = build_cohort(spec, root, out, name="demo", out_in_root=True)
    for problem in result.problems:
        say(f"    {problem}")
    if result.cohort is None:
        raise BleedkitError(f"{own.video} gave no clip", "see the problems above")
    return result.cohort


def _take(own: OwnClip) -> tuple[DatasetSpec, Path]:
    for path in (own.video, own.labels):
        if not path.is_file():
            raise BleedkitError(f"{path} is no file", "check the path")
    video, labels = own.video.resolve(), own.labels.resolve()
    root = Path(os.path.commonpath([video.parent, labels.parent]))

    def read(_: Path, __: ReadOptions, problems: Problems) -> Iterator[SourceClip]:
        # Neutral names: a file may be called after its patient.
        clip = vl_surgpt.read_pair(
            video, labels, root=root, clip_id="clip-01", patient_id="patient-01", problems=problems, target="point"
        )
        if clip is not None:
            yield clip

    spec = DatasetSpec(
        name="own-clip",
        title="The user's own clip",
        version="1",
        read=read,
        citation="",
        licence="the user's own",
        url="",
        layout="a video, and labels.json: frame -> list of [x, y], or null where not visible",
    )
    return spec, root


def _check(run: RunResult) -> None:
    for unit in run.left_out:
        raise BleedkitError(str(unit), "mend the video and run again with --overwrite")


def _push(cohort: Cohort, dataset: str) -> str:
    with running_mongod():
        from .push import push_cohort  # fiftyone is imported after it knows where its database is

        result = push_cohort(cohort, dataset, split=SPLIT)
    kept = f", {result.kept} left as a reviewer changed them" if result.kept else ""
    return f"{result.inserted + result.updated + result.unchanged} frames as dataset {dataset}{kept}"
