"""One run from a wish to its record: train, ask, score. Killed at any moment, the same call goes on where it was.

RUN/run.json             the record, see record.py; its state says how far the run is
RUN/predictions.parquet  what the model answered beside what is true
RUN/samples/             a few frames for pictures
RUN/training/            what the training left, for a model that learns
RUN/shards/              finished clips, until all are
"""

import fcntl
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import torch

from ... import __version__
from ...datasets.clock import utc_now
from ...datasets.cohort import ClipView
from ...datasets.digest import file_digest, value_digest
from ...datasets.errors import BleedkitError
from ...datasets.progress import track
from ...models.device import device_here
from ...models.weights import weights_file
from ..entries.entry import Entry, Setup
from ..entries.registry import ENTRIES
from ..evaluation.efficiency import efficiency
from ..evaluation.evaluate_clip import evaluate_clip
from ..evaluation.peak_memory import PeakMemory
from ..evaluation.prediction_clock import PredictionClock
from ..evaluation.samples import samples, write_samples
from ..evaluation.truth_digest import truth_digest
from ..protocols.protocol import Protocol
from ..protocols.registry import PROTOCOLS
from ..training.cached_clips import Part
from ..training.hardware import hardware
from ..training.seeding import deterministic, seed_step
from ..training.train_model import train_model
from ..training.trainable_models import Wish
from .clip_shards import ClipShards, Shard
from .human_run import HUMAN, human_answers
from .record import Efficiency, RunRecord
from .run_folder import SAMPLES, SHARDS, TRAINING
from .run_plan import TRAIN_PART, RunJob, RunPlan, plan_run, training_facts
from .scores import scores_of
from .write_run import record_in, write_predictions, write_record

FRAMES: Final = ".frames"  # small frames that the trainings of one folder of runs share


@dataclass(frozen=True)
class Registries:
    """Where the names of a job are looked up."""

    entries: Mapping[str, Entry] = field(default_factory=lambda: ENTRIES)
    protocols: Mapping[str, Protocol] = field(default_factory=lambda: PROTOCOLS)


@dataclass(frozen=True)
class OneRun:
    """What a call of run_one came to. done_now: False where the run was finished before."""

    folder: Path
    record: RunRecord
    done_now: bool


@dataclass(frozen=True)
class _Weights:
    """What a model is asked with. file: of its training; digests: of all, by name; train_s: seconds in steps."""

    file: Path | None
    digests: Mapping[str, str]
    train_s: float


def run_one(
    job: RunJob,
    out: Path,
    *,
    registries: Registries | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> OneRun:
    """Train the job's model if it learns, ask it about every clip of the protocol, score it, and leave a record.

    out: the folder of all runs. A finished run is returned as it is, and never written again. On the CPU the same job
    leaves the same predictions, to the byte. Raises BleedkitError where the job cannot be, where another process is at
    it, where its place holds a finished run of other settings or data, and whatever ends the run: that is in the record
    too, whose state is then `failed`.
    """
    known = registries or Registries()
    plan = plan_run(job, known.entries, known.protocols)
    for note in (*plan.clips.notes, *(f"{leak}; every figure is marked" for leak in plan.clips.leaky)):
        say(note)
    folder = out / plan.key.folder
    with _alone(folder):
        before = record_in(folder)
        if before is not None and before.state == "done":
            _check_same(before, plan, folder)
            return OneRun(folder, before, done_now=False)
        record = _begun(plan, before)
        write_record(folder, record)
        try:
            record = _done(plan, folder, out / FRAMES, record, say)
        except Exception as error:
            text = str(error) if isinstance(error, BleedkitError) else f"{type(error).__name__}: {error}"
            write_record(folder, replace(record, state="failed", error=text, ended_utc=utc_now()))
            raise
        write_record(folder, record)
        shutil.rmtree(folder / SHARDS, ignore_errors=True)
    return OneRun(folder, record, done_now=True)


def this_command() -> tuple[str, ...]:
    """What was typed, without where the program lies."""
    return Path(sys.argv[0]).name, *sys.argv[1:]


def _check_same(before: RunRecord, plan: RunPlan, folder: Path) -> None:
    """Raises BleedkitError where a finished run is not the one that is wanted now."""
    data = {name: value for name, value in before.data.items() if name != TRAINING}
    pairs = {
        "protocol version": (before.protocol_version, plan.protocol.version),
        "settings": (value_digest(before.settings), value_digest(plan.settings)),
        "data": (value_digest(data), value_digest(plan.data)),
    }
    if other := [name for name, (had, wanted) in pairs.items() if had != wanted]:
        what = f"{folder} holds a finished run of other {' and '.join(other)}"
        raise BleedkitError(what, "choose another --out; finished runs are never written again")


def _begun(plan: RunPlan, before: RunRecord | None) -> RunRecord:
    return RunRecord(
        key=plan.key,
        protocol_version=plan.protocol.version,
        state="going",
        leaky=bool(plan.clips.leaky),
        settings=plan.settings,
        weights={},
        data=plan.data,
        command=plan.job.command or this_command(),
        code_version=__version__,
        hardware=hardware(torch.device(device_here(plan.job.resources.device))),
        started_utc=before.started_utc if before else utc_now(),
    )


def _done(plan: RunPlan, folder: Path, frames: Path, record: RunRecord, say: Callable[[str], None]) -> RunRecord:
    """Everything that can go wrong, and the finished record."""
    resources = replace(plan.job.resources, device=device_here(plan.job.resources.device))
    weights = _trained(plan, folder / TRAINING, frames, say)
    shards = ClipShards(folder / SHARDS, _settings_digest(plan, weights))
    with deterministic(torch.device(resources.device)):
        seed_step(plan.job.seed, 0, 0)
        done, cost = _asked(plan, shards, Setup(plan.job.size, weights.file, plan.job.flow, resources))
    table = pa.concat_tables([shard.rows for shard in done])
    if not len(table):
        raise BleedkitError("nothing could be scored", "see what is labelled: bleedkit data stats")
    digest = write_predictions(folder, table)
    write_samples(plan.cohort, samples(plan.protocol.task, table), folder / SAMPLES)
    data = {**plan.data, **_training_data(weights)}
    return replace(
        record,
        state="done",
        weights=weights.digests,
        data=data,
        ended_utc=utc_now(),
        train_s=weights.train_s,
        evaluate_s=round(sum(shard.seconds for shard in done), 3),
        efficiency=cost,
        predictions_digest=digest,
        truth_digest=truth_digest(table, plan.truth.settings),
        scores=scores_of(plan.protocol, table),
    )


def _trained(plan: RunPlan, place: Path, frames: Path, say: Callable[[str], None]) -> _Weights:
    """Train, or go on with it, or take what was trained elsewhere."""
    job, entry = plan.job, plan.entry
    needed = {name: weights_file(name, job.resources.weights.get(name)) for name in entry.weights}
    digests = {name: file_digest(path) for name, path in needed.items()}
    if plan.recipe is None:
        if plan.trained is None:
            return _Weights(None, digests, 0.0)
        return _Weights(plan.trained, {**digests, **_said_of(plan.trained)}, 0.0)
    part = Part(job.split, TRAIN_PART, job.fold, leaky=job.allow_leak)
    wish = Wish(job.size, job.init, job.flow, job.resources)
    left = train_model(
        entry.trains, plan.cohort, part, place,
        wish=wish, recipe=plan.recipe, cache=frames, truth=plan.truth, say=say,
    )  # fmt: skip
    return _Weights(left.weights, {**digests, **_said_of(left.weights)}, left.seconds)


def _said_of(weights: Path) -> dict[str, str]:
    """Digest of trained weights, and of those that the training began from, where its record says."""
    facts = training_facts(weights)
    first = facts["weights"] if facts else {}
    return {**{f"first {name}": digest for name, digest in first.items()}, "trained": file_digest(weights)}


def _training_data(weights: _Weights) -> dict[str, Any]:
    facts = training_facts(weights.file) if weights.file is not None else None
    return {TRAINING: facts} if facts else {}


def _settings_digest(plan: RunPlan, weights: _Weights) -> str:
    """Of all that the rows of a clip hang on."""
    protocol = [plan.protocol.name, plan.protocol.version]
    seed, model = plan.job.seed, plan.entry.name
    return value_digest([protocol, model, seed, plan.settings, dict(weights.digests), plan.data, __version__])


def _asked(plan: RunPlan, shards: ClipShards, setup: Setup) -> tuple[list[Shard], Efficiency]:
    """Every clip's shard, in order, and what that cost."""
    protocol, cohort = plan.protocol, plan.cohort
    if plan.entry.name == HUMAN:
        answers = human_answers(protocol, cohort, plan.job.seed)
        return _all_clips(plan, shards, lambda view, _clock: answers(view)), Efficiency()
    memory = PeakMemory(torch.device(setup.resources.device))
    predictor = plan.entry.build(setup, protocol.task)
    truth = plan.truth
    done = _all_clips(
        plan, shards, lambda view, clock: evaluate_clip(protocol, cohort, truth.view(view), predictor, clock)
    )
    clock = PredictionClock()
    clock.frames, clock.seconds = sum(shard.frames for shard in done), sum(shard.seconds for shard in done)
    return done, efficiency(protocol.task, predictor, cohort.clips[plan.clips.clip_ids[0]].size, clock, memory)


def _all_clips(
    plan: RunPlan, shards: ClipShards, answers: Callable[[ClipView, PredictionClock], pa.Table]
) -> list[Shard]:
    """The clips' shards, in order; those that are there already are not asked for again."""
    wanted = plan.clips.clip_ids
    shards.sweep(wanted)
    done = {clip_id: shard for clip_id in wanted if (shard := shards.read(clip_id)) is not None}
    missing = set(wanted) - set(done)
    views = (view for view in plan.cohort.stream() if view.clip.clip_id in missing) if missing else iter(())
    for view in track(views, f"ask {plan.entry.name}", len(missing)):
        clock = PredictionClock()
        rows = answers(view, clock)
        done[view.clip.clip_id] = Shard(rows, clock.frames, clock.seconds)
        shards.write(view.clip.clip_id, done[view.clip.clip_id])
    return [done[clip_id] for clip_id in wanted]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the run's folder; a second process says so instead of waiting."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BleedkitError(
                f"another process is at the run {folder}", "wait for it, or choose another --out"
            ) from error
        yield
