"""A whole pseudo-label run as a user starts it, with one worker and with two: time, memory, and what the second buys.

    bleedkit data phantom --preset bleedorigin-track --scale 0.5 --out phantom       (all 485 clips: hours)
    python -m bleedkit.benchmarks.perf.pseudolabel_scale phantom

    bleedkit data phantom --preset bleedorigin-track --scale 0.5 --clips 24 --out part
    python -m bleedkit.benchmarks.perf.pseudolabel_scale part --times 20             (as many labels, sooner)

Each run has a fresh folder and a fresh copy of the cohort's tables; the media are read where they lie. CPU time is of
the driver and all its workers, and the one to compare where the machine has other work; memory is of the largest
process. After the last segment one process compacts and reports, which more workers do not shorten.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ...datasets.cohort import MANIFEST, Cohort, write_tables
from ...datasets.tables import table_of
from ...pseudolabel.run_log import NAME as LOG

_COMMAND = "import sys; from bleedkit.cli.main import main; main(sys.argv[1:])"


@dataclass(frozen=True)
class Measured:
    """One run. wall_s: from start to exit; after_s: of it after the last segment; frames: between labels."""

    workers: int
    units: int
    frames: int
    wall_s: float
    after_s: float
    cpu_s: float
    peak_mib: float

    @property
    def work_s(self) -> float:
        """Until the last segment is done: the part that workers share."""
        return self.wall_s - self.after_s


def measure(cohort: Cohort, workers: int, preset: str, times: int = 1) -> Measured:
    """Run once in fresh folders, every clip `times` times. Raises RuntimeError where the run does not end well."""
    with tempfile.TemporaryDirectory() as place:
        own, out = Path(place) / "cohort", Path(place) / "run"
        if times == 1:
            _copy(cohort, own)
        else:
            _repeat(cohort, own, times)
        command = [sys.executable, "-P", "-c", _COMMAND, "pseudolabel", "run", str(own), "--preset", preset]
        start = time.monotonic()
        child = subprocess.Popen([*command, "--out", str(out), "--workers", str(workers)], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        if status:
            raise RuntimeError(f"the run ended with exit code {os.waitstatus_to_exitcode(status)}, see above")
        counts = json.loads((out / "run.json").read_text())["counts"]
        return Measured(
            workers=workers,
            units=counts["segments"] + counts["checks"],
            frames=counts["labelled"] + counts["flagged"],
            wall_s=wall,
            after_s=_after(out),
            cpu_s=used.ru_utime + used.ru_stime,
            peak_mib=used.ru_maxrss / 1024,
        )


def table(runs: Sequence[Measured]) -> str:
    """One line a run, and what each worker more bought beside the first run."""
    lines = ["workers   units   frames   wall s   of it after   CPU s   frames/s   frames/CPU s   peak MiB"]
    for run in runs:
        rate, own = run.frames / run.wall_s, run.frames / run.cpu_s
        lines.append(
            f"{run.workers:>7} {run.units:>7} {run.frames:>8} {run.wall_s:>8.1f} {run.after_s:>13.1f} {run.cpu_s:>7.1f}"
            f" {rate:>10.1f} {own:>14.1f} {run.peak_mib:>10.0f}"
        )
    first = runs[0]
    for run in runs[1:]:
        whole, shared = first.wall_s / run.wall_s, first.work_s / run.work_s
        lines.append(
            f"{first.workers} -> {run.workers} workers: {whole:.2f}x the whole run, {shared:.2f}x its segments"
        )
    return "\n".join(lines)


def _copy(cohort: Cohort, folder: Path) -> None:
    """The cohort without its media, which stay where they are."""
    media = cohort.media_root.resolve()
    shutil.copytree(
        cohort.folder, folder, ignore=lambda at, names: [n for n in names if (Path(at) / n).resolve() == media]
    )
    (folder / MANIFEST).write_text(replace(cohort.meta, media_root=str(media)).to_json())


def _repeat(cohort: Cohort, folder: Path, times: int) -> None:
    """A cohort of the same clips and points under `times` names each; nothing in a run is shared between clips."""

    def named(rows: Iterable[Any], turn: int) -> list[Any]:
        return [replace(row, clip_id=f"{row.clip_id}-{turn:03d}") for row in rows]

    turns = range(times)
    rows = {
        "clips": [row for turn in turns for row in named(cohort.clips.values(), turn)],
        "frames": [row for turn in turns for name in cohort.clips for row in named(cohort.frames(name), turn)],
        "points": [row for turn in turns for row in named(cohort.points(), turn)],
    }
    tables = {name: table_of(name, found) for name, found in rows.items()}
    meta = replace(cohort.meta, media_root=str(cohort.media_root.resolve()), counts={}, digests={})
    folder.mkdir()
    write_tables(folder, meta, {**tables, "provenance": cohort.table("provenance")})


def _after(out: Path) -> float:
    """Seconds between the last segment and the end, by the run's log."""
    lines = [json.loads(line) for line in (out / LOG).read_text().splitlines()]
    last = max(datetime.fromisoformat(line["time"]) for line in lines if line["event"] == "done")
    return (datetime.fromisoformat(lines[-1]["time"]) - last).total_seconds()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--preset", default="classical")
    parser.add_argument("--times", type=int, default=1, help="every clip so often, under other names")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    runs = [measure(Cohort(given.cohort), workers, given.preset, given.times) for workers in given.workers]
    print(json.dumps([asdict(run) for run in runs], indent=2) if given.json else table(runs))


if __name__ == "__main__":
    main()
