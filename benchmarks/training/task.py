"""Task: what the loop trains. It owns the model, says what moves when, and turns a batch into losses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from torch import Tensor, nn

Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)


@dataclass(frozen=True, eq=False)
class ParameterGroup:
    """Parameters that move together. learning_rate: the highest it gets, before the schedule."""

    name: str
    parameters: tuple[nn.Parameter, ...]
    learning_rate: float


@dataclass(frozen=True)
class Phase:
    """One update of a step. groups: names of the parameter groups that it moves; every other parameter stands still.

    Alternating optimisation (SurgBlood Eqs. 10 and 11) is two phases: the second looks at the same batch with what the
    first has moved.
    """

    name: str
    groups: tuple[str, ...]


class Items(Protocol[Item_co]):
    """What there is to learn from; read in worker processes, so it must be picklable and keep no open files."""

    def __len__(self) -> int:
        """How many items an epoch has."""

    def item(self, epoch: int, index: int) -> Item_co:
        """A frozen dataclass of tensors. The same epoch and index always give the same bits, in any process."""


class Task(Protocol[Item]):
    """A model with its data, its losses and its learning rates. The loop calls nothing else."""

    phases: tuple[Phase, ...]

    @property
    def model(self) -> nn.Module:
        """What learns."""

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """All that learns, each parameter in one group."""

    def items(self) -> Items[Item]:
        """What an epoch goes through, in an order that the loop draws."""

    def losses(self, batch: Item, phase: Phase) -> Mapping[str, Tensor]:
        """Scalar losses by name, weighted already; the loop minimises their sum. batch: items stacked, on the device.

        The names of a phase are the same for every batch: what a batch has no label for is a zero that still hangs on
        the model's outputs.
        """

    def after_step(self, step: int) -> None:
        """Called after step `step` (from 0), gradients still at hand; adapters move their budget here."""

    def state(self) -> Mapping[str, Any]:
        """What the task must remember over a restart beside weights and optimiser: tensors and plain values."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take a state back; the weights are restored already."""


ALL: Final = "all"
ONE_PHASE: Final = (Phase(ALL, (ALL,)),)
"""For tasks that move all they have at once, in one group named `all`."""


def trainable(name: str, module: nn.Module, learning_rate: float) -> ParameterGroup:
    """A group of every parameter of `module` that asks for a gradient."""
    return ParameterGroup(name, tuple(p for p in module.parameters() if p.requires_grad), learning_rate)
