"""Entry: one model of the benchmark, and how it is made ready to be asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ...models.region_point_net import Size
from ...models.stage import CPU, Resources
from ..evaluation.predictors import Predictor
from ..predictions.schemas import Task


@dataclass(frozen=True)
class Setup:
    """What a model is made from. trained: the weights its training left, None for models that learn nothing.

    size: `full` is the paper's, `tiny` the same code small enough for a CPU. flow: a name of FLOWS.
    """

    size: Size = "full"
    trained: Path | None = None
    flow: str = "dis"
    resources: Resources = field(default_factory=lambda: CPU)


@dataclass(frozen=True)
class Entry:
    """name: as in paths and commands; title: as in tables; reference: paper, section, or what it is a baseline of.

    tasks: whose protocols it enters. build: a predictor for one of the tasks. trains: its name in the registry of
    trainable models, "" where it learns nothing. weights: names in WEIGHTS that it needs beside that.
    """

    name: str
    title: str
    reference: str
    tasks: tuple[Task, ...]
    build: Callable[[Setup, Task], Predictor]
    trains: str = ""
    weights: tuple[str, ...] = ()
