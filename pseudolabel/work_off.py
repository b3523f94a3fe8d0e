"""Units of work in a run's folder, each done once: finished ones are found again, the rest goes to an engine."""

import fcntl
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from ..datasets.errors import BleedkitError
from ..datasets.progress import counting
from .dispatch import Dispatch
from .engines import EngineChoice, Setup
from .ledger import NAME as LEDGER
from .ledger import Ledger, LeftOut, State
from .run_log import RunLog
from .shards import shard_path
from .work_unit import WorkUnit

LOCK: Final = ".lock"
_LOOK_S: Final = 0.1  # `pseudolabel status` holds the lock for less, to see whether a run does


@dataclass(frozen=True)
class WorkedOff:
    """reused: units that were finished already. left_out: by id, those that cannot be done; a later run tries again."""

    reused: int
    left_out: Mapping[str, LeftOut]


def work_off(
    out: Path,
    units: Mapping[str, WorkUnit],
    setup: Setup,
    engine: EngineChoice,
    log: RunLog,
    *,
    what: str,
    name: str,
    read: Callable[[Path], object],
    say: Callable[[str], None],
) -> WorkedOff:
    """Leave every unit done, its shard in `out`, or set aside. To be called within `run_folder`.

    what: named by the progress bar; name: of the run, for `status` and the log. read: raises BleedkitError where a
    shard is not whole. say: is told what a person should know of how it goes. Raises BleedkitError where no
    worker can begin, or nothing can be written.
    """
    ledger, damage = Ledger.open(out / LEDGER)
    with closing(ledger):
        whole = _whole_shards(out, units, read)
        again = ledger.plan(units, whole)
        for note in filter(None, (damage, f"trying {again} units again that were set aside" if again else "")):
            say(note)
            log.write("note", text=note)
        ledger.note(cohort=str(setup.cohort), preset=name, started=time.time())
        log.write("run", cohort=str(setup.cohort), preset=name, units=len(units), done=len(whole))
        todo = {unit: work for unit, work in units.items() if unit not in whole}
        if todo:
            counts = ledger.counts()
            with closing(engine.start(setup)) as workers, counting(what, len(units), counts[State.DONE]) as step:
                Dispatch(todo, workers, engine.workers, ledger, log, out, step).run()
        return WorkedOff(len(whole), ledger.left_out())


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


@contextmanager
def run_folder(out: Path) -> Iterator[RunLog]:
    """Hold the run's folder, made where there is none, and its log; a second run says so instead of waiting."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / LOCK).open("w") as handle:
        if not _locked(handle):
            time.sleep(_LOOK_S)
            if not _locked(handle):
                raise BleedkitError(f"another run is writing to {out}", "wait for it, or choose another --out")
        with closing(RunLog(out)) as log:
            yield log


def _whole_shards(out: Path, units: Collection[str], read: Callable[[Path], object]) -> set[str]:
    """The units whose shard is there and can be read; what a killed run left half-written is cleared away."""
    for leftover in (out / "shards").glob(".*"):
        leftover.unlink()
    whole = set()
    for unit in units:
        path = shard_path(out, unit)
        if path.exists():
            with suppress(BleedkitError):
                read(path)
                whole.add(unit)
    return whole


def _locked(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
