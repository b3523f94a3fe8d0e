"""A phantom cohort: clips made in parallel, each whole or not at all, then one commit. A killed run goes on."""

import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from ... import __version__
from ..cohort import Cohort, holds_cohort
from ..errors import BleedkitError
from ..json_file import read_json
from ..progress import track
from ..schema import Provenance
from ..transaction import locked, write_atomic
from ..worker_life import end_with_parent
from .clip_media import MEDIA_KINDS
from .clip_plan import PlannedClip
from .cohort_writer import PHANTOM_VERSION, write_cohort
from .make_clip import ClipJob, make_clip
from .presets import PRESETS, plan_cohort

UNFINISHED: Final = ".phantom"
_SETTINGS: Final = "settings.json"
TRUTHS: Final = ("points", "full")
DEVICES: Final = ("cpu", "cuda")


@dataclass(frozen=True)
class PhantomSettings:
    """All that decides a phantom cohort's bytes. patients, clips: None for the preset's own. scale: 1 is full size.

    media: `video` (H.264) or `frames` (JPEG). truth: `points` keeps positions and visibility, `full` also every frame's
    masks, depth and flow (some 3 MB a frame at 640x512). device: where to render, one of DEVICES; each has bytes of its
    own. identity: how much people's tissue differs, 1 is as in life.
    """

    preset: str
    seed: int = 0
    patients: int | None = None
    clips: int | None = None
    scale: float = 1.0
    media: str = "video"
    truth: str = "points"
    device: str = "cpu"
    identity: float = 1.0

    def __post_init__(self) -> None:
        if self.media not in MEDIA_KINDS:
            raise ValueError(f"media must be one of {', '.join(MEDIA_KINDS)}, got {self.media!r}")
        if self.truth not in TRUTHS:
            raise ValueError(f"truth must be one of {', '.join(TRUTHS)}, got {self.truth!r}")
        if self.device not in DEVICES:
            raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {self.device!r}")
        if not 0 <= self.identity <= 5:
            raise ValueError(f"identity must be in [0, 5], got {self.identity}")

    def plan(self) -> tuple[PlannedClip, ...]:
        """The clips to be made. Raises BleedkitError for numbers that no cohort can have."""
        return plan_cohort(
            self.preset,
            seed=self.seed,
            patients=self.patients,
            clips=self.clips,
            scale=self.scale,
            identity=self.identity,
        )


def generate_phantom(out: Path, settings: PhantomSettings, *, workers: int | None = None) -> Cohort:
    """Make the cohort in the new folder `out`, or go on with an unfinished one of the same settings.

    workers: processes, None for one a core; their number never changes a byte. Raises BleedkitError where `out` holds
    anything else, a worker dies, or there
    is no such device.
    """
    plans = settings.plan()
    workers = min(len(plans), (os.cpu_count() or 1) if workers is None else workers)
    if workers < 1:
        raise ValueError(f"workers must be 1 or more, got {workers}")
    _check_device(settings.device)
    _check_place(out, settings)
    run = Provenance.of("build", {"source": "phantom", "version": PHANTOM_VERSION, **asdict(settings)})
    job = ClipJob(
        seed=settings.seed,
        annotators=PRESETS[settings.preset].annotators,
        provenance=run.id,
        media=settings.media,
        full_truth=settings.truth == "full",
        device=settings.device,
    )
    with locked(out):
        _check_place(out, settings)  # while we waited for the lock, another run may have finished
        units = _Units.begin(out / UNFINISHED, settings)
        try:
            _make_all([plan for plan in plans if not units.folder(plan).is_dir()], units, job, workers)
        finally:
            units.sweep()
        write_cohort(out, [units.folder(plan) for plan in plans], plans, run, asdict(settings))
        shutil.rmtree(out / UNFINISHED)
    return Cohort(out)


def demo_cohort(folder: Path, seed: int = 0, *, workers: int | None = None) -> Cohort:
    """The cohort `bleedkit demo` shows: small clips of several patients, a label a second, exact truth beside."""
    return generate_phantom(folder, PhantomSettings("demo", seed), workers=workers)


@dataclass(frozen=True)
class _Units:
    """The finished clips of a run, one folder each."""

    root: Path

    @classmethod
    def begin(cls, root: Path, settings: PhantomSettings) -> Self:
        """Start a run, or take up one whose process was killed."""
        write_atomic(root / _SETTINGS, _settings_file(settings))
        units = cls(root)
        units.sweep()
        return units

    def sweep(self) -> None:
        """Remove clips that were under way when their process ended."""
        for leftover in self.root.glob("making-*"):
            shutil.rmtree(leftover)

    def folder(self, plan: PlannedClip) -> Path:
        """Where the clip lies once it is whole."""
        return self.root / f"{plan.ordinal:05d}"


def _check_device(device: str) -> None:
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise BleedkitError("there is no CUDA device that torch can use here", "render on the cpu")


def _check_place(out: Path, settings: PhantomSettings) -> None:
    if holds_cohort(out):
        raise BleedkitError(f"{out} already holds a cohort", "give another --out, or remove it first")
    begun = out / UNFINISHED / _SETTINGS
    if begun.is_file():
        if begun.read_bytes() != _settings_file(settings):
            said, _ = read_json(begun)
            raise BleedkitError(
                f"{out} holds an unfinished run of other settings: {said}", "repeat those, or remove it"
            )
    elif out.exists() and (not out.is_dir() or any(not path.name.startswith(".") for path in out.iterdir())):
        raise BleedkitError(f"{out} is there already and not empty", "give a new folder as --out")


def _settings_file(settings: PhantomSettings) -> bytes:
    values = {**asdict(settings), "phantom": PHANTOM_VERSION, "bleedkit": __version__}
    return (json.dumps(values, sort_keys=True) + "\n").encode()


def _make_all(plans: Sequence[PlannedClip], units: _Units, job: ClipJob, workers: int) -> None:
    """Make every clip; the longest first, so that no core waits long for the last one."""
    order = sorted(plans, key=lambda plan: -plan.row.n_frames * plan.row.size.width * plan.row.size.height)
    tasks = [(plan, units.folder(plan), job) for plan in order]
    run = _in_processes(tasks, workers) if workers > 1 and len(tasks) > 1 else _here(tasks)
    for _ in track(run, "Making clips", len(tasks)):
        pass


_Task = tuple[PlannedClip, Path, ClipJob]


def _here(tasks: Sequence[_Task]) -> Iterator[None]:
    with _one_thread():
        for plan, folder, job in tasks:
            make_clip(plan, folder, job)
            yield


def _in_processes(tasks: Sequence[_Task], workers: int) -> Iterator[None]:
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _quiet_worker)
    try:
        for done in as_completed([pool.submit(_one_task, task) for task in tasks]):
            yield done.result()
    except BrokenProcessPool as error:
        what = "a worker process died (killed, or out of memory)"
        raise BleedkitError(what, "run the same command again with fewer --workers; finished clips are kept") from error
    except BaseException:  # Ctrl-C above all: no waiting for clips under way
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _one_task(task: _Task) -> None:
    with _one_thread():
        make_clip(*task)


def _quiet_worker() -> None:
    """Ctrl-C reaches every process of a terminal: workers just end, the parent tells of it."""
    import signal

    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread a clip: clips run side by side, and the sums of a clip keep their order."""
    import cv2
    import torch

    before: tuple[int, int] = (torch.get_num_threads(), cv2.getNumThreads())
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
