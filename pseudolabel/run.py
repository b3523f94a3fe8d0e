"""A pseudo-label run: every segment once, resumed where it stopped, then compacted into the cohort and reported on."""

import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from ..datasets.progress import track
from ..datasets.schema import Provenance
from ..datasets.transaction import write_atomic
from ..models.stage import CPU, Resources
from .clip_job import ClipJob, finish_clip, run_clip
from .compact import compact
from .densify import DenseTrack
from .label_noise import label_sd
from .presets import PseudoLabelConfig, preset_config
from .report import write_report
from .segments import Segment, by_clip, checks_of, segments_of
from .shards import read_shard, shard_path


@dataclass(frozen=True)
class RunResult:
    """What a run left. labelled, flagged: frames of targets; reused: segments that were finished already.

    checks: human labels that were hidden and found again, see the report. failed: clip id to what stopped it.
    """

    out: Path
    report: Path
    provenance: str
    segments: int
    reused: int
    checks: int
    labelled: int
    flagged: int
    kept: int
    retired: int
    new_rows: int
    failed: Mapping[str, str]


def run_pseudolabels(
    cohort: Cohort, *, preset: str = "classical", out: Path, workers: int = 1, resources: Resources = CPU
) -> RunResult:
    """Densify every segment of the cohort and write labels, review items and `out/{shards/, run.json, report.html}`.

    Killed at any moment and started again, it goes on where it was and ends with the same bytes; so do more workers.
    Raises BleedkitError where the cohort has no point labels or another run is writing to `out`. A clip whose frames
    cannot be read is left out and named in `failed`.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    config = preset_config(preset)
    settings = config.settings(resources)
    provenance = Provenance.of("pseudolabel", {"preset": preset, **settings})
    with _alone(out):
        work, checks = _plan(cohort, config, settings)
        todo = {name: s for name, s in {**work, **checks}.items() if not shard_path(out, name).exists()}
        failed = _work(_jobs(cohort, config, resources, todo, out), workers, len(todo))
        done = _results(out, work, failed)
        written = compact(cohort, done, provenance)
        checked = _results(out, checks, failed)
        report = write_report(cohort, done, checked, out, preset=preset)
        result = RunResult(
            out, report, provenance.id, len(work), len(work) + len(checks) - len(todo), len(checked),
            written.labelled, written.flagged, written.kept, written.retired, written.new_rows, failed,
        )  # fmt: skip
        write_atomic(out / "run.json", _run_json(cohort, provenance, result).encode())
    return result


def _plan(
    cohort: Cohort, config: PseudoLabelConfig, settings: Mapping[str, Any]
) -> tuple[dict[str, Segment], dict[str, Segment]]:
    """The segments to label and those that check the engine, by id, in the order of clips."""
    sd = label_sd(cohort.points(), {name: clip.size.width for name, clip in cohort.clips.items()})
    segments: list[Segment] = []
    images: dict[str, object] = {}
    for view in cohort.stream():
        there = {row.frame: row.digest for row in view.frames if row.has_image}
        images[view.clip.clip_id] = view.clip.media_digest or there
        segments += segments_of(view.clip, there, view.points, horizon=config.horizon, sd=sd)
    if not segments:
        raise BleedkitError(f"{cohort.folder} has no human point labels to go on from", "add labels, then build again")
    checks = checks_of(segments)
    return tuple({s.id(images[s.clip_id], settings): s for s in group} for group in (segments, checks))  # type: ignore[return-value]


def _jobs(
    cohort: Cohort, config: PseudoLabelConfig, resources: Resources, todo: Mapping[str, Segment], out: Path
) -> list[ClipJob]:
    names = {segment: name for name, segment in todo.items()}
    return [
        ClipJob(cohort.folder, cohort.media_root, clip_id, config, resources, {names[s]: s for s in group}, out)
        for clip_id, group in by_clip(todo.values())
    ]


def _work(jobs: Sequence[ClipJob], workers: int, total: int) -> dict[str, str]:
    """Run the jobs under a progress bar; returns what stopped which clip."""
    failed: dict[str, str] = {}
    finished = _one_by_one(jobs, failed) if workers == 1 else _in_processes(jobs, workers, failed)
    for _ in track(finished, "densify", total=total):
        pass
    return dict(sorted(failed.items()))


def _one_by_one(jobs: Sequence[ClipJob], failed: dict[str, str]) -> Iterator[str]:
    for job in jobs:
        try:
            yield from run_clip(job)
        except BleedkitError as error:
            failed[job.clip_id] = str(error)


def _in_processes(jobs: Sequence[ClipJob], workers: int, failed: dict[str, str]) -> Iterator[str]:
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(finish_clip, job): job for job in jobs}
        try:
            for future in as_completed(futures):
                try:
                    yield from future.result()
                except BrokenProcessPool as error:
                    remedy = (
                        "run the same command again, finished segments are kept; with fewer workers if memory is short"
                    )
                    raise BleedkitError("a worker process was killed", remedy) from error
                except BleedkitError as error:
                    failed[futures[future].clip_id] = str(error)
        finally:
            pool.shutdown(cancel_futures=True)


def _results(out: Path, segments: Mapping[str, Segment], failed: Mapping[str, str]) -> list[tuple[Segment, DenseTrack]]:
    """Every finished segment with its track; those of a clip that failed half-way are left for the next run."""
    return [
        (segment, read_shard(shard_path(out, name)))
        for name, segment in segments.items()
        if segment.clip_id not in failed
    ]


def _run_json(cohort: Cohort, provenance: Provenance, result: RunResult) -> str:
    """The run's record; without times, reuse or paths, so that a resumed run writes the same bytes."""
    counts = {
        name: value for name, value in asdict(result).items() if name in ("segments", "checks", "labelled", "flagged")
    }
    record = {
        "format": 1,
        "cohort_digest": cohort.digest,
        "provenance": provenance.id,
        "config": json.loads(provenance.config_json),
        "code_version": provenance.code_version,
        "counts": counts,
        "failed": dict(result.failed),
    }
    return json.dumps(record, indent=2, sort_keys=True) + "\n"


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the run's folder; a second run says so instead of waiting."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BleedkitError(f"another run is writing to {out}", "wait for it, or choose another --out") from error
        yield
