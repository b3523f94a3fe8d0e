"""One training run in a folder of its own: steps, weights, curves and the record of what made them.

RUN/run.json             settings, command, digests of data and weights, hardware, duration, peak memory
RUN/weights.safetensors  the trained model; there when the training is finished
RUN/curves.png           losses over the steps
RUN/log.jsonl            a line a step; RUN/tensorboard/ the same for TensorBoard
RUN/checkpoints/         what the same command goes on from
"""

import fcntl
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from safetensors.torch import save

from ... import __version__
from ...datasets.clock import utc_now
from ...datasets.digest import file_digest
from ...datasets.errors import BleedkitError
from ...datasets.transaction import write_atomic
from .checkpoint import own_tensors, sweep
from .curves import draw_curves
from .distributed import Ranks
from .hardware import hardware, peak_memory_mib
from .loop import LOSS, Course, run_steps
from .recipe import Recipe
from .task import Item, Task
from .training_log import read_steps

WEIGHTS: Final = "weights.safetensors"
RECORD: Final = "run.json"


@dataclass(frozen=True)
class Trained:
    """What a run left behind. steps: of the whole training, done_now: in this call. loss: mean of the last ten steps.

    seconds: spent in steps over all restarts. weights_digest: SHA-256 of `weights`.
    """

    out: Path
    weights: Path
    weights_digest: str
    steps: int
    done_now: int
    loss: float
    seconds: float


def train(
    task: Task[Item],
    recipe: Recipe,
    out: Path,
    *,
    facts: Mapping[str, Any],
    device: str = "cpu",
    ranks: Ranks | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Train, or go on with, a model in the folder `out`. Killed at any step and called again, it ends with equal bits.

    facts: JSON-able; what the course hangs on beside the recipe (model, its settings, data, first weights). The model
    is in evaluation mode afterwards. Raises BleedkitError where another run holds `out`, or it is of other settings,
    and for what `run_steps` raises.
    """
    ranks = ranks or Ranks()
    rates = {group.name: group.learning_rate for group in task.parameter_groups()}
    course = Course(out, recipe.digest([facts, rates], ranks.world), ranks.device(device), ranks)
    with _alone(out) if ranks.writes else _nothing():
        if ranks.writes:
            sweep(out)
            _write_record(out, {**_plan(recipe, facts, course), "state": "going"})
        done_now = run_steps(task, recipe, course, say=say)
        task.model.eval()
        ranks.wait()
        if not ranks.writes:
            return Trained(out, out / WEIGHTS, "", done_now, done_now, float("nan"), 0.0)
        return _finished(task, recipe, facts, course, done_now)


def _finished(task: Task[Item], recipe: Recipe, facts: Mapping[str, Any], course: Course, done_now: int) -> Trained:
    """Write weights, curves and the full record."""
    out = course.out
    write_atomic(out / WEIGHTS, save(own_tensors(task.model.state_dict())))
    steps = read_steps(out)
    draw_curves(steps, out / "curves.png")
    last = [row[LOSS] for row in steps[-10:]]
    trained = Trained(
        out, out / WEIGHTS, file_digest(out / WEIGHTS), len(steps), done_now,
        sum(last) / len(last), round(sum(row["seconds"] for row in steps), 2),
    )  # fmt: skip
    result = {name: getattr(trained, name) for name in ("steps", "loss", "seconds", "weights_digest")}
    record = {**_plan(recipe, facts, course), "state": "done", **result, **peak_memory_mib(course.device)}
    _write_record(out, {**record, "ended_utc": utc_now()})
    return trained


def _plan(recipe: Recipe, facts: Mapping[str, Any], course: Course) -> dict[str, Any]:
    return {
        "format": 1,
        "kind": "training",
        "command": sys.argv,
        "code_version": __version__,
        "settings": course.settings,
        "facts": dict(facts),
        "recipe": asdict(recipe),
        "processes": course.ranks.world,
        "hardware": hardware(course.device),
    }


def _write_record(out: Path, record: Mapping[str, Any]) -> None:
    write_atomic(out / RECORD, (json.dumps(record, indent=2, sort_keys=True, default=str) + "\n").encode())


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


@contextmanager
def _nothing() -> Iterator[None]:
    yield
