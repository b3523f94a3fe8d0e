"""The one training loop: every model, one process or many, CPU or GPU, stopped and resumed at any step."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ...datasets.errors import BleedkitError
from ...datasets.progress import counting
from .batches import batches
from .checkpoint import Checkpoint, checkpoint_folders, load_checkpoint, save_checkpoint
from .distributed import Ranks
from .order import Order
from .recipe import Recipe
from .schedule import Schedule
from .seeding import deterministic, seed_step
from .stop_signal import StopSignal, stop_signal
from .task import Item, Phase, Task
from .training_log import TrainingLog, training_log

LOSS: Final = "loss"


@dataclass(frozen=True, eq=False)
class Course:
    """Where a training runs and what it hangs on. settings: digest of all that decides it; out: the run's folder."""

    out: Path
    settings: str
    device: torch.device
    ranks: Ranks


def run_steps(task: Task[Item], recipe: Recipe, course: Course, *, say: Callable[[str], None]) -> int:
    """Train to the recipe's last step, from the newest checkpoint on where there is one; returns the steps done now.

    The last step always leaves a checkpoint. Ctrl-C or SIGTERM lets the step end, saves, and raises KeyboardInterrupt.
    Raises BleedkitError where the checkpoint is of other settings, a loss or gradient is no number any more, or the
    disk does not take what is written; earlier checkpoints are kept.
    """
    with deterministic(course.device), stop_signal() as stop:
        trainer = _Trainer(task, recipe, course, stop)
        trainer.resume(say)
        with training_log(course.out, trainer.step) if course.ranks.writes else _NoLog() as log:
            return trainer.run(log)


class _NoLog:
    """Where another process writes."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


class _Losses(nn.Module):
    """The losses as one module's forward pass, which is what torch's DistributedDataParallel wraps."""

    def __init__(self, task: Task[Any]) -> None:
        super().__init__()
        self.model = task.model
        self._task = task

    def forward(self, batch: Any, phase: Phase) -> dict[str, Tensor]:
        """Losses by name."""
        return dict(self._task.losses(batch, phase))


class _Trainer:
    """A training at `step`: the number of steps that are done."""

    def __init__(self, task: Task[Any], recipe: Recipe, course: Course, stop: StopSignal) -> None:
        self._task, self._recipe, self._course, self._stop = task, recipe, course, stop
        self._items = task.items()
        self._order = Order(len(self._items), recipe.batch, course.ranks.world, recipe.seed)
        self._schedule: Schedule = recipe.schedule(self._order.steps_per_epoch)
        self._groups = {group.name: group for group in task.parameter_groups()}
        task.model.to(course.device)
        self._optimiser = _optimiser(task, recipe)
        self.step = 0

    def resume(self, say: Callable[[str], None]) -> None:
        """Take up the newest checkpoint, if there is one."""
        folders = checkpoint_folders(self._course.out)
        if not folders:
            return
        found = load_checkpoint(folders[-1])
        if found.settings != self._course.settings:
            raise BleedkitError(
                f"{self._course.out} holds a training with other settings, data or first weights",
                "give the command that began it, or choose another --out",
            )
        self._task.model.load_state_dict(dict(found.weights))
        self._optimiser.load_state_dict(dict(found.optimiser))
        self._task.restore(found.task)
        self.step = found.step
        if self.step < self._schedule.steps:
            say(f"goes on after step {self.step} of {self._schedule.steps}")

    def run(self, log: TrainingLog | None) -> int:
        """Do the steps that are left; returns how many those were."""
        first, total = self.step, self._schedule.steps
        keys = self._order.batches(first, total, self._course.ranks.rank)
        source = batches(self._items, keys, workers=self._recipe.workers, device=self._course.device)
        module = self._module()
        self._task.model.train()
        with counting("train", total, first) if log else _Quiet() as advance:
            for batch in source:
                began = time.perf_counter()
                facts = self._one_step(module, batch)
                if log:
                    log.step(self.step, {**facts, "seconds": round(time.perf_counter() - began, 4)})
                self.step += 1
                advance()
                self._save_where_due(log)
        self._only_moving(tuple(self._groups))
        return self.step - first

    def _module(self) -> nn.Module:
        losses = _Losses(self._task)
        if self._course.ranks.world == 1:
            return losses
        # A phase moves some parameters only, and a batch without labels of a kind leaves others without a gradient.
        return DistributedDataParallel(losses, find_unused_parameters=True)

    def _one_step(self, module: nn.Module, batch: Any) -> dict[str, float]:
        """Every phase on one batch; returns what the log is told."""
        seed_step(self._recipe.seed, self.step, self._course.ranks.rank)
        factor = self._schedule.factor(self.step) * self._recipe.rate
        for group in self._optimiser.param_groups:
            group["lr"] = self._groups[group["name"]].learning_rate * factor
        facts = {"epoch": float(self.step // self._order.steps_per_epoch), "rate": factor, LOSS: 0.0}
        for phase in self._task.phases:
            for name, value in self._one_phase(module, batch, phase).items():
                facts[name] = facts.get(name, 0.0) + value
        self._task.after_step(self.step)
        self._optimiser.zero_grad()
        return facts

    def _one_phase(self, module: nn.Module, batch: Any, phase: Phase) -> dict[str, float]:
        moved = self._only_moving(phase.groups)
        self._optimiser.zero_grad()
        with torch.autocast(self._course.device.type, dtype=torch.bfloat16, enabled=self._recipe.bf16):
            losses = module(batch, phase)
        total = torch.stack([loss.float() for loss in losses.values()]).sum()
        total.backward()
        length = nn.utils.clip_grad_norm_(moved, self._recipe.clip_norm or math.inf)
        told = {**losses, LOSS: total, f"{phase.name} gradient": length}
        facts = self._agreed(told, phase)
        self._optimiser.step()
        return facts

    def _only_moving(self, names: tuple[str, ...]) -> list[nn.Parameter]:
        """Let the groups of these names alone ask for gradients; returns their parameters."""
        for group in self._groups.values():
            for parameter in group.parameters:
                parameter.requires_grad_(group.name in names)
        return [parameter for name in names for parameter in self._groups[name].parameters]

    def _agreed(self, told: Mapping[str, Tensor], phase: Phase) -> dict[str, float]:
        """The numbers as means over processes. Raises BleedkitError, in every process, where one is no number."""
        values = self._course.ranks.mean(torch.stack([value.detach().float() for value in told.values()])).tolist()
        facts = dict(zip(told, values, strict=True))
        bad = [f"{name} is {value}" for name, value in facts.items() if not math.isfinite(value)]
        if bad:
            folders = checkpoint_folders(self._course.out)
            kept = f"the last good checkpoint is {folders[-1]}" if folders else "no checkpoint was written yet"
            raise BleedkitError(
                f"{self._course.out}: at step {self.step}, phase {phase.name}, {', '.join(bad)}; {kept}",
                "begin again in another --out with a lower --rate",
            )
        return facts

    def _save_where_due(self, log: TrainingLog | None) -> None:
        stopped = self._course.ranks.mean(torch.tensor(float(self._stop.asked), device=self._course.device)).item() > 0
        if stopped or self.step == self._schedule.steps or self.step % self._recipe.save_every == 0:
            if self._course.ranks.writes:
                save_checkpoint(self._course.out, self._checkpoint(), self._recipe.keep)
            if log:
                log.say("checkpoint", step=self.step)
        if stopped:
            raise KeyboardInterrupt

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(
            step=self.step,
            settings=self._course.settings,
            weights=self._task.model.state_dict(),
            optimiser=self._optimiser.state_dict(),
            task=self._task.state(),
        )


class _Quiet:
    """A bar for processes that do not talk."""

    def __enter__(self) -> Callable[[], None]:
        return lambda: None

    def __exit__(self, *_: object) -> None:
        return None


def _optimiser(task: Task[Any], recipe: Recipe) -> torch.optim.Optimizer:
    groups = [
        {"name": group.name, "params": list(group.parameters), "lr": group.learning_rate}
        for group in task.parameter_groups()
    ]
    kind = torch.optim.AdamW if recipe.optimiser == "adamw" else torch.optim.Adam
    return kind(groups, weight_decay=recipe.weight_decay)
