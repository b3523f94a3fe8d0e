"""The ledger: which units of a run are done, tried, or set aside, in one SQLite file that only the driver writes.

The shards are the truth about what is done, as each is there whole or not at all; the ledger adds tries, errors and
times, and can be lost. WAL lets `bleedkit pseudolabel status` read while a run writes.
"""

import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

from ..datasets.errors import BleedkitError
from .work_unit import WorkUnit

NAME: Final = "ledger.sqlite"
FORMAT: Final = 1
TRIES: Final = 3  # of a unit in one run, where its worker dies or breaks
BACK_OFF_S: Final = 1.0  # before the second try; twice as long before the third
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS units (
    id TEXT PRIMARY KEY, clip TEXT NOT NULL, target TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    present INTEGER NOT NULL, place INTEGER NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '', worker TEXT NOT NULL DEFAULT '', seconds REAL, not_before REAL, ended REAL
) WITHOUT ROWID;
"""
_PLANNED: Final = """
INSERT INTO units (id, clip, target, first, last, present, place, state) VALUES (?, ?, ?, ?, ?, 1, ?, ?)
ON CONFLICT (id) DO UPDATE SET present = 1, place = excluded.place, state = excluded.state,
    tries = CASE excluded.state WHEN 'done' THEN tries ELSE 0 END,
    error = CASE excluded.state WHEN 'done' THEN error ELSE '' END, not_before = NULL
"""


class State(StrEnum):
    """Where a unit stands. poison: set aside with its error; the next run tries it again."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    POISON = "poison"


@dataclass(frozen=True)
class LeftOut:
    """A unit that is not done, and why. first, last: its frames, anchors included."""

    clip_id: str
    target: str
    first: int
    last: int
    error: str

    def __str__(self) -> str:
        return f"clip {self.clip_id} {self.target} frames {self.first}-{self.last}: {self.error}"


class Ledger:
    """An open ledger. Its methods raise BleedkitError where the file cannot be read or written."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        place = f"file:{quote(str(path.absolute()))}?mode={'ro' if read_only else 'rw'}"
        with _told(self._path):
            self._db = sqlite3.connect(place, uri=True, timeout=10)

    @classmethod
    def open(cls, path: Path) -> tuple[Self, str]:
        """The ledger to write, made where there is none, and a note where it was damaged.

        A damaged one is laid aside as `.damaged`, and what it knew of tries and times is gone with it.
        """
        if not path.exists():
            _make(path)
        ledger, note = cls(path), ""
        if fault := ledger._fault():
            ledger.close()
            for suffix in ("-wal", "-shm", ""):
                part = path.with_name(path.name + suffix)
                if part.exists():
                    part.replace(path.with_name(f"{path.name}.damaged{suffix}"))
            _make(path)
            ledger, note = cls(path), f"{path} was damaged ({fault}); it is begun anew from the shards"
        with _told(path):
            ledger._db.execute("PRAGMA synchronous = NORMAL")  # a power cut may undo marks, but not the shards
        return ledger, note

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # -- writing ------------------------------------------------------------------------------------------------------

    def plan(self, units: Mapping[str, WorkUnit], whole: Collection[str]) -> int:
        """Make `units` the ones that count, in this order: those with a whole shard are done, all others to be done.

        Units of other labels or settings stay, uncounted. Returns how many an earlier run had set aside and are to be
        done now.
        """
        with self._writing() as db:
            poison = {row[0] for row in db.execute("SELECT id FROM units WHERE state = ?", (State.POISON,))}
            db.execute("UPDATE units SET present = 0")
            rows = (
                (
                    unit,
                    s.clip_id,
                    s.target,
                    s.frames[0],
                    s.frames[-1],
                    n,
                    State.DONE if unit in whole else State.PENDING,
                )
                for n, (unit, s) in enumerate(units.items())
            )
            db.executemany(_PLANNED, rows)
        return sum(unit in poison and unit not in whole for unit in units)

    def note(self, **facts: str | float) -> None:
        """Keep facts of the run, by name, for whoever asks for its status."""
        with self._writing() as db:
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())

    def started(self, unit: str, worker: str) -> None:
        """A worker is at it."""
        with self._writing() as db:
            db.execute("UPDATE units SET state = ?, worker = ? WHERE id = ?", (State.RUNNING, worker, unit))

    def done(self, unit: str, seconds: float) -> None:
        """Its shard is written. seconds: of its worker."""
        values = (State.DONE, seconds, time.time(), unit)
        with self._writing() as db:
            db.execute("UPDATE units SET state = ?, seconds = ?, ended = ?, error = '' WHERE id = ?", values)

    def failed(self, unit: str, error: str, *, again: bool) -> float | None:
        """Count a try. Returns how many seconds to wait before the next, None where the unit is set aside.

        again: whether trying again may help; after TRIES it is not tried again either way.
        """
        with self._writing() as db:
            tries = 1 + db.execute("SELECT tries FROM units WHERE id = ?", (unit,)).fetchone()[0]
            wait = BACK_OFF_S * 2 ** (tries - 1) if again and tries < TRIES else None
            state = State.POISON if wait is None else State.PENDING
            values = (state, tries, error, time.time() + (wait or 0), unit)
            db.execute("UPDATE units SET state = ?, tries = ?, error = ?, not_before = ? WHERE id = ?", values)
        return wait

    # -- reading ------------------------------------------------------------------------------------------------------

    def counts(self) -> dict[State, int]:
        """How many of the units that count are in each state."""
        with _told(self._path):
            rows = dict(self._db.execute("SELECT state, count(*) FROM units WHERE present GROUP BY state"))
        return {state: rows.get(state.value, 0) for state in State}

    def left_out(self) -> dict[str, LeftOut]:
        """The units that are set aside, by id, in order."""
        query = "SELECT id, clip, target, first, last, error FROM units WHERE present AND state = ? ORDER BY place"
        with _told(self._path):
            return {unit: LeftOut(*row) for unit, *row in self._db.execute(query, (State.POISON,))}

    def busy(self) -> list[str]:
        """Workers (host:pid) that have a unit in hand."""
        with _told(self._path):
            rows = self._db.execute("SELECT worker FROM units WHERE present AND state = ?", (State.RUNNING,))
            return [row[0] for row in rows]

    def facts(self) -> dict[str, str]:
        """What `note` kept."""
        with _told(self._path):
            return dict(self._db.execute("SELECT key, value FROM meta"))

    def ended_since(self, start: float) -> tuple[int, float]:
        """Of the units that count: how many were done since `start` (seconds since 1970), and when the last was."""
        query = "SELECT count(*), coalesce(max(ended), ?) FROM units WHERE present AND state = ? AND ended >= ?"
        with _told(self._path):
            count, last = self._db.execute(query, (start, State.DONE, start)).fetchone()
        return count, last

    # -----------------------------------------------------------------------------------------------------------------

    def _fault(self) -> str:
        """What is damaged, "" for nothing."""
        with _told(self._path):
            try:
                fault = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
                made = self._db.execute("PRAGMA user_version").fetchone()[0]
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                return str(error)
        if fault == "ok":
            return "" if made == FORMAT else f"format {made}, not {FORMAT}"
        return str(fault)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        with _told(self._path), self._db as db:
            yield db


def _make(path: Path) -> None:
    """An empty ledger, there whole or not at all, as a reader may look at any moment."""
    new = path.with_name(f".{path.name}")
    with _told(path):
        new.unlink(missing_ok=True)
        with closing(sqlite3.connect(new)) as db:
            db.executescript(f"PRAGMA journal_mode = WAL; {_TABLES} PRAGMA user_version = {FORMAT};")
        new.replace(path)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        remedy = "check space and permissions, then run the same command again; what is finished is kept"
        raise BleedkitError(f"the ledger {path} cannot be used ({error})", remedy) from error
