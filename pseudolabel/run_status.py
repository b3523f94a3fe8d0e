"""How a run stands, read from its ledger while it goes on or after."""

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..datasets.errors import BleedkitError
from .ledger import NAME, Ledger, LeftOut, State
from .work_off import run_is_on


@dataclass(frozen=True)
class RunStatus:
    """going: whether a process works on it now. counts: units by state.

    rate: units done a second since the run began or last went on, 0 where none was.
    """

    out: Path
    cohort: str
    preset: str
    going: bool
    counts: Mapping[State, int]
    rate: float
    left_out: tuple[LeftOut, ...]

    @property
    def seconds_left(self) -> float | None:
        """Of a run that goes on, at its present rate; None where that cannot be said."""
        left = self.counts[State.PENDING] + self.counts[State.RUNNING]
        return left / self.rate if self.going and self.rate else None

    def to_json(self) -> dict[str, Any]:
        """The same as JSON-able values."""
        left_out = [asdict(unit) for unit in self.left_out]
        values = {**asdict(self), "out": str(self.out), "left_out": left_out, "seconds_left": self.seconds_left}
        return values | {"counts": {state.value: count for state, count in self.counts.items()}}


def run_status(out: Path) -> RunStatus:
    """Raises BleedkitError where `out` holds no run's ledger."""
    path = out / NAME
    if not path.is_file():
        raise BleedkitError(f"{out} holds no run", "start one: bleedkit pseudolabel run COHORT --out RUN")
    going = run_is_on(out)
    with closing(Ledger(path, read_only=True)) as ledger:
        facts = ledger.facts()
        start = float(facts.get("started", 0))
        done, last = ledger.ended_since(start)
        spent = (time.time() if going else last) - start
        return RunStatus(
            out=out,
            cohort=str(facts.get("cohort", "")),
            preset=str(facts.get("preset", "")),
            going=going,
            counts=ledger.counts(),
            rate=done / spent if spent > 0 else 0.0,
            left_out=tuple(ledger.left_out().values()),
        )
