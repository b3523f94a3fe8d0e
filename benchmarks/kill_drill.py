"""Does a killed run lose or double anything? Kill -9 at random moments, go on, compare with an undisturbed run.

    python -m bleedkit.benchmarks.kill_drill                              20 kills of a worker, a driver, a Ray actor
    python -m bleedkit.benchmarks.kill_drill --what driver --kills 3 --seed 7

A worker or an actor is killed while it has a unit in hand, the driver at any moment from its start to its end. The run
then ends, or is started again, and every file of it and of its cohort must have the same bytes as after an undisturbed
run; only the ledger, the log and locks may differ. Linux only.
"""

import argparse
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from ..datasets import vl_surgpt
from ..datasets.build import build_cohort
from ..datasets.digest import file_digest
from ..datasets.moving_texture import write_moving_texture
from ..pseudolabel.ledger import NAME as LEDGER
from ..pseudolabel.ledger import Ledger, State
from ..pseudolabel.run_log import NAME as LOG

WHAT: Final = ("worker", "driver", "actor")
ORPHAN_S: Final = 5.0  # a worker whose driver was killed must be gone by then
_COMMAND: Final = "import sys; from bleedkit.cli.main import main; main(sys.argv[1:])"


@dataclass(frozen=True)
class Kill:
    """One kill. landed: the last event in the log before it; done: units done by then.

    orphans: children of a killed driver that live on for ORPHAN_S. same: each unit is there once, and every byte as in
    the undisturbed run.
    """

    what: str
    moment_s: float
    landed: str
    done: int
    orphans: int
    same: bool


class Drill:
    """Runs on copies of a cohort, which lie beside it so that its media are found.

    ray_address: of a Ray that is there, for actors; its start would be most of the time otherwise.
    """

    def __init__(self, cohort: Path, *, seed: int = 0, ray_address: str = "") -> None:
        self._cohort = cohort
        self._rng = np.random.default_rng(seed)
        self._environment = {**os.environ, "SOURCE_DATE_EPOCH": "0", "RAY_ADDRESS": ray_address}

    @cached_property
    def undisturbed(self) -> tuple[float, dict[str, str]]:
        """Seconds that a run takes which nobody kills, and the digest of every file that it leaves."""
        with self._place() as (cohort, out):
            start = time.monotonic()
            _finish(self._start(cohort, out, "worker"))
            return time.monotonic() - start, _left(cohort, out)

    def kill(self, what: str) -> Kill:
        """Kill one, see the run through, compare. A moment after the run's end is drawn again."""
        length, _ = self.undisturbed
        while True:
            moment = float(self._rng.uniform(0, length))
            with self._place() as (cohort, out):
                driver = self._start(cohort, out, what)
                victim = self._victim(driver, out, what, moment)
                if victim is None:
                    continue
                children = _children(driver.pid)
                os.kill(victim, signal.SIGKILL)
                landed, done = _last_event(out), len(list((out / "shards").glob("*.parquet")))
                orphans = 0
                if what == "driver":
                    driver.communicate()
                    orphans = _alive_after(children, ORPHAN_S)
                    driver = self._start(cohort, out, what)
                _finish(driver)
                return Kill(what, moment, landed, done, orphans, self._same(cohort, out))

    def _same(self, cohort: Path, out: Path) -> bool:
        with closing(Ledger(out / LEDGER, read_only=True)) as ledger:
            counts = ledger.counts()
        shards = len(list((out / "shards").iterdir()))
        return counts[State.DONE] == sum(counts.values()) == shards and _left(cohort, out) == self.undisturbed[1]

    def _victim(self, driver: "subprocess.Popen[str]", out: Path, what: str, moment: float) -> int | None:
        """The process to kill, `moment` seconds from now or once a worker has a unit; None where the run ends first."""
        until = time.monotonic() + moment
        while driver.poll() is None:
            time.sleep(0.002)
            if time.monotonic() < until:
                continue
            if what == "driver":
                return driver.pid
            if (out / LEDGER).exists():
                with closing(Ledger(out / LEDGER, read_only=True)) as ledger:
                    busy = [int(worker.rpartition(":")[2]) for worker in ledger.busy()]
                if busy:
                    return int(self._rng.choice(busy))
        _finish(driver)
        return None

    def _start(self, cohort: Path, out: Path, what: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-P", "-c", _COMMAND, "pseudolabel", "run", str(cohort), "--out", str(out)]
        command += ["--workers", "2", "--engine", "ray" if what == "actor" else "local"]
        return subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    @contextmanager
    def _place(self) -> Iterator[tuple[Path, Path]]:
        """A cohort of one's own, and where its run goes; both are gone afterwards."""
        cohort = Path(tempfile.mkdtemp(prefix="drill-", dir=self._cohort.parent))
        out = cohort.with_name(f"{cohort.name}-run")
        try:
            shutil.copytree(self._cohort, cohort, dirs_exist_ok=True)
            yield cohort, out
        finally:
            shutil.rmtree(cohort)
            shutil.rmtree(out, ignore_errors=True)


def small_cohort(folder: Path, clips: int = 2) -> Path:
    """Moving-texture clips of 41 frames, labelled at 0, 30 and 40: a second or two of work."""
    root = write_moving_texture(folder / "clips", clips=clips, frames=41, seed=5)
    build_cohort(replace(vl_surgpt.SPEC, expected={}, contradictions=()), root, folder / "cohort")
    return folder / "cohort"


@contextmanager
def own_ray() -> Iterator[str]:
    """The address of a Ray of two CPUs that is there as long as this is held."""
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, logging_level=logging.ERROR)
    try:
        yield ray.get_runtime_context().gcs_address
    finally:
        ray.shutdown()


def _finish(driver: "subprocess.Popen[str]") -> None:
    said = driver.communicate()[0]
    if driver.returncode:
        raise RuntimeError(f"the run ended with exit code {driver.returncode}: {said}")


def _left(cohort: Path, out: Path) -> dict[str, str]:
    """Digests of all that a run leaves; locks, ledger and log left out."""
    return {
        f"{kind}/{path.relative_to(folder)}": file_digest(path)
        for kind, folder in (("cohort", cohort), ("run", out))
        for path in folder.rglob("*")
        if path.is_file() and path.name not in (".lock", LOG) and not path.name.startswith(LEDGER)
    }


def _last_event(out: Path) -> str:
    lines = (out / LOG).read_text().splitlines() if (out / LOG).exists() else []
    return json.loads(lines[-1])["event"] if lines else "nothing yet"


def _children(pid: int) -> set[int]:
    try:
        return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    except OSError:
        return set()


def _alive_after(pids: Collection[int], seconds: float) -> int:
    """How many are still there when so much time is over; 0 at once where all are gone before."""
    until = time.monotonic() + seconds
    while (alive := sum(Path(f"/proc/{pid}").exists() for pid in pids)) and time.monotonic() < until:
        time.sleep(0.05)
    return alive


def _row(kills: Sequence[Kill]) -> str:
    at = ", ".join(f"{event} {sum(k.landed == event for k in kills)}" for event in sorted({k.landed for k in kills}))
    done = f"{min(k.done for k in kills)}-{max(k.done for k in kills)}"
    same, orphans = sum(k.same for k in kills), sum(k.orphans for k in kills)
    return f"{kills[0].what:<7} {len(kills):>5} {same:>10} {orphans:>8}   {done:<10}   {at}"


def main() -> None:
    """Drill and print a table; exit code 1 where one kill changed anything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", choices=WHAT, nargs="+", default=WHAT)
    parser.add_argument("--kills", type=int, default=20, help="of each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="every kill as one JSON document")
    given = parser.parse_args()
    kills: list[Kill] = []
    with tempfile.TemporaryDirectory() as folder:
        cohort = small_cohort(Path(folder))
        for what in given.what:
            with own_ray() if what == "actor" else nullcontext("") as address:
                drill = Drill(cohort, seed=given.seed, ray_address=address)
                for number in range(given.kills):
                    kills.append(drill.kill(what))
                    print(f"{number + 1} of {given.kills}: {kills[-1]}", file=sys.stderr)
    if given.json:
        print(json.dumps([asdict(kill) for kill in kills], indent=2))
    else:
        print("killed  kills  same bytes  orphans   units done   last event before the kill")
        for what in given.what:
            print(_row([kill for kill in kills if kill.what == what]))
    sys.exit(not all(kill.same and not kill.orphans for kill in kills))


if __name__ == "__main__":
    main()
