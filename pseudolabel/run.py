"""A pseudo-label run: every segment once, resumed where it stopped, then compacted into the cohort and reported on."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ..datasets.cohort import Cohort
from ..datasets.schema import Provenance
from ..datasets.transaction import write_atomic
from ..models.stage import CPU, Resources
from .clip_job import RunSetup
from .compact import compact
from .dense_track import DenseTrack
from .engines import LOCAL, EngineChoice
from .ledger import LeftOut
from .plan import plan_run
from .presets import preset_config
from .report import write_report
from .segments import Segment
from .shards import read_shard, shard_path
from .work_off import run_folder, work_off


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
    with run_folder(out) as log:
        plan = plan_run(cohort, config, settings)
        setup = RunSetup.of(cohort, config, resources)
        worked = work_off(out, plan.units, setup, engine, log, what="densify", name=preset, read=read_shard, say=say)
        lost = worked.left_out
        written = compact(cohort, _results(out, plan.work, lost), provenance)
        checks = _results(out, plan.checks, lost, keypoints=False)
        report = write_report(cohort, _results(out, plan.work, lost), checks, out, preset=preset)
        result = RunResult(
            out, report, provenance.id, len(plan.work), worked.reused, len(plan.checks),
            written.labelled, written.flagged, written.kept, written.retired, written.new_rows, tuple(lost.values()),
        )  # fmt: skip
        write_atomic(out / "run.json", _run_json(cohort, provenance, result).encode())
        log.write("end", labelled=result.labelled, flagged=result.flagged, left_out=len(lost))
    return result


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
