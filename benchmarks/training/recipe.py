"""Recipe: how long, how fast and from which seed a model is trained."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from ...datasets.digest import value_digest
from .schedule import Schedule

_FREE: Final = ("save_every", "keep", "workers")


@dataclass(frozen=True)
class Recipe:
    """Defaults are SurgBlood 5.2's, and ours where it is silent (warm_up, batch, clip_norm).

    steps: end after so many, None for `epochs`. batch: items of one process. optimiser: the paper trains with Adam, its
    code with AdamW and weight_decay 0.1. warm_up: share of all steps. rate: factor on every learning rate. clip_norm:
    the gradient of a phase is shortened to this length, None never. save_every: steps between checkpoints, keep: of
    them. workers: processes that read ahead.
    """

    epochs: int = 20
    steps: int | None = None
    batch: int = 1
    seed: int = 0
    optimiser: Literal["adam", "adamw"] = "adam"
    weight_decay: float = 0.0
    warm_up: float = 0.05
    decay: bool = True
    rate: float = 1.0
    clip_norm: float | None = 1.0
    bf16: bool = False
    save_every: int = 500
    keep: int = 2
    workers: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "save_every", "keep"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"steps must be 1 or more, got {self.steps}")
        if not 0 <= self.warm_up <= 1 or not self.rate > 0:
            raise ValueError(f"warm_up must be in [0, 1] and rate above 0, got {self.warm_up} and {self.rate}")

    def schedule(self, steps_per_epoch: int) -> Schedule:
        """The learning rates of a training with so many steps an epoch."""
        steps = self.steps if self.steps is not None else self.epochs * steps_per_epoch
        return Schedule(steps, round(self.warm_up * steps), self.decay)

    def digest(self, facts: Any, world: int) -> str:
        """16 hex digits of all that decides the weights: facts of task and data, this recipe, number of processes.

        How often is saved and who reads ahead changes no bit, so a run may go on with other numbers of those.
        """
        settings = {name: value for name, value in asdict(self).items() if name not in _FREE}
        return value_digest([facts, settings, world])[:16]
