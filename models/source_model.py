"""SourceModel: what finds the bleeding source in one picture."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Source:
    """Where the source is: point (B, 2) in [0, 1], x over the width, y over the height, where `heat` is highest.

    heat (B, 1, h, w): the higher, the likelier the source is there.
    """

    heat: "Tensor"
    point: "Tensor"


class SourceModel(Protocol):
    """A torch module that reads single pictures."""

    def __call__(self, picture: "Tensor") -> Source:
        """picture: (B, 3, H, W) float in [0, 1], RGB; the model normalises."""
