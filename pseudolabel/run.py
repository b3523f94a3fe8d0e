"""A pseudo-label run: every segment once, resumed where it stopped, then compacted into the cohort and reported on."""

import fcntl
import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from ..datasets.progress import counting
from ..datasets.schema import Provenance
from ..datasets.transaction import write_atomic
from ..models.stage import CPU, Resources
from .clip_job import RunSetup
from .compact import compact
from .dense_track import DenseTrack
from .dispatch import Dispatch
from .engines import LOCAL, EngineChoice
from .ledger import NAME as LEDGER
from .ledger import Ledger, LeftOut, State
from .plan import plan_run
from .presets import preset_config
from .report import write_report
from .run_log import RunLog
from .segments import Segment
from .shards import read_shard, shard_path

LOCK: Final = ".lock"
_LOOK_S: Final = 0.1  # `pseudolabel status` holds the lock for less, to see whether a run does


@dataclass(frozen=True)
class RunResult:
    """What a run left. labelled, flagged: frames of targets; reused: units that were finished already.

    checks: human labels that were hidden and found again, see the report. left_out: units that could not be done, which
    the next run tries again.
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
    left_out: tuple[LeftOut, ...]


def run_pseudolabels(
    cohort: Cohort,
    *,
    preset: str = "classical",
    matcher: str = "",
    tracker: str = "",
    out: Path,
    engine: EngineChoice = LOCAL,
    resources: Resources = CPU,
    say: Callable[[str], None] = lambda _: None,
) -> RunResult:
    """Densify every segment of the cohort and write labels, review items and `out/{shards/, run.json, report.html}`.

    matcher, tracker: in place of the preset's own. say: is told what a person should know of how it goes. Killed at any
    moment and started again, it goes on where it was and ends with the same bytes; so do other engines and numbers of
    workers. What cannot be done is left out, and named. Raises BleedkitError where the cohort has no point labels,
    weights are missing, another run is writing to `out`, or `out` cannot be written.
    """
    config = preset_config(preset, matcher=matcher, tracker=tracker)
    settings = config.settings(resources)
    provenance = Provenance.of("pseudolabel", {"preset": preset, **settings})
    with _alone(out), closing(RunLog(out)) as log:
        plan = plan_run(cohort, config, settings)
        ledger, damage = Ledger.open(out / LEDGER)
        with closing(ledger):
            whole = _whole_shards(out, plan.units)
            again = ledger.plan(plan.units, whole)
            for note in filter(None, (damage, f"trying {again} units again that were set aside" if again else "")):
                say(note)
                log.write("note", text=note)
            ledger.note(cohort=str(cohort.folder), preset=preset, started=time.time())
            log.write("run", cohort=str(cohort.folder), preset=preset, units=len(plan.units), done=len(whole))
            setup = RunSetup.of(cohort, config, resources)
            todo = {unit: segment for unit, segment in plan.units.items() if unit not in whole}
            _work_off(todo, engine, setup, out, ledger=ledger, log=log)
            lost = ledger.left_out()
        written = compact(cohort, _results(out, plan.work, lost), provenance)
        checks = _results(out, plan.checks, lost, keypoints=False)
        report = write_report(cohort, _results(out, plan.work, lost), checks, out, preset=preset)
        result = RunResult(
            out, report, provenance.id, len(plan.work), len(whole), len(plan.checks),
            written.labelled, written.flagged, written.kept, written.retired, written.new_rows, tuple(lost.values()),
        )  # fmt: skip
        write_atomic(out / "run.json", _run_json(cohort, provenance, result).encode())
        log.write("end", labelled=result.labelled, flagged=result.flagged, left_out=len(lost))
    return result


def run_is_on(out: Path) -> bool:
    """Whether a run holds the folder now."""
    try:
        with (out / LOCK).open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _work_off(
    todo: Mapping[str, Segment], engine: EngineChoice, setup: RunSetup, out: Path, *, ledger: Ledger, log: RunLog
) -> None:
    """Leave every unit done or set aside, under a progress bar."""
    if not todo:
        return
    counts = ledger.counts()
    with closing(engine.start(setup)) as workers, counting("densify", sum(counts.values()), counts[State.DONE]) as step:
        Dispatch(todo, workers, engine.workers, ledger, log, out, step).run()


def _whole_shards(out: Path, units: Collection[str]) -> set[str]:
    """The units whose shard is there and can be read; what a killed run left half-written is cleared away."""
    for leftover in (out / "shards").glob(".*"):
        leftover.unlink()
    whole = set()
    for unit in units:
        path = shard_path(out, unit)
        if path.exists():
            with suppress(BleedkitError):
                read_shard(path)
                whole.add(unit)
    return whole


def _results(
    out: Path, segments: Mapping[str, Segment], lost: Collection[str], *, keypoints: bool = True
) -> Iterator[tuple[Segment, DenseTrack]]:
    """Every finished segment with its track, one in memory at a time."""
    for unit, segment in segments.items():
        if unit not in lost:
            yield segment, read_shard(shard_path(out, unit), keypoints=keypoints)


def _run_json(cohort: Cohort, provenance: Provenance, result: RunResult) -> str:
    """The run's record; without times, reuse or paths, so that a resumed run writes the same bytes."""
    record = {
        "format": 2,
        "cohort_digest": cohort.digest,
        "provenance": provenance.id,
        "config": json.loads(provenance.config_json),
        "code_version": provenance.code_version,
        "counts": {name: getattr(result, name) for name in ("segments", "checks", "labelled", "flagged")},
        "left_out": [asdict(unit) for unit in result.left_out],
    }
    return json.dumps(record, indent=2, sort_keys=True) + "\n"


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the run's folder; a second run says so instead of waiting."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / LOCK).open("w") as handle:
        if not _locked(handle):
            time.sleep(_LOOK_S)
            if not _locked(handle):
                raise BleedkitError(f"another run is writing to {out}", "wait for it, or choose another --out")
        yield


def _locked(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
