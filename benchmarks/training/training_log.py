"""What a training tells while it goes: RUN/log.jsonl always, and TensorBoard's event files where tensorboardX is."""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from ...pseudolabel.run_log import NAME, RunLog

TENSORBOARD: Final = "tensorboard"
_STEP: Final = "step"


class TrainingLog:
    """An open log. Each step is one line: `{"event": "step", "step": 12, "loss": 0.4, ...}`, as in TensorBoard."""

    def __init__(self, lines: RunLog, events: Any) -> None:
        self._lines, self._events = lines, events

    def step(self, step: int, facts: Mapping[str, float]) -> None:
        """Numbers of one step. Raises BleedkitError where the log cannot be written."""
        self._lines.write(_STEP, step=step, **facts)
        if self._events is not None:
            for name, value in facts.items():
                self._events.add_scalar(name, value, step)

    def say(self, event: str, **facts: str | float) -> None:
        """Something that happened. Raises BleedkitError where the log cannot be written."""
        self._lines.write(event, **facts)


@contextmanager
def training_log(run: Path, first: int) -> Iterator[TrainingLog]:
    """The log of a run that goes on at step `first`. What TensorBoard has of later steps is hidden there."""
    events = _events(run, first)
    with closing(RunLog(run)) as lines:
        try:
            yield TrainingLog(lines, events)
        finally:
            if events is not None:
                events.close()


def read_steps(run: Path) -> list[dict[str, float]]:
    """Every step's numbers in order; of a step that was done again after a restart, the last."""
    steps: dict[int, dict[str, float]] = {}
    for line in (run / NAME).read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:  # a killed run's last line
            continue
        if row["event"] == _STEP:
            steps[row["step"]] = {name: value for name, value in row.items() if name not in ("time", "event")}
    return [steps[step] for step in sorted(steps)]


def _events(run: Path, first: int) -> Any:
    """A writer of event files, None where the extra `train` is not installed."""
    if importlib.util.find_spec("tensorboardX") is None:
        return None
    from tensorboardX import SummaryWriter

    return SummaryWriter(str(run / TENSORBOARD), purge_step=first or None, flush_secs=10)
