"""When a point's memory is forgotten and the point asked for again where it was just found."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Refresh:
    """every: frames from one refresh to the next; None: never. BleedOrigin, Section 6.3, tries 30, 60 and 90.

    adaptive, ours: a point that is due waits for a frame where it is surely seen, so that no instrument in front of it
    becomes its new look: chance of being visible above `sure_visible`, of being off below `sure_uncertain`. Off, every
    point is refreshed when due, as in the paper.
    """

    every: int | None = None
    adaptive: bool = False
    sure_visible: float = 0.9
    sure_uncertain: float = 0.2

    def __post_init__(self) -> None:
        if self.every is not None and self.every < 1:
            raise ValueError(f"memory can be refreshed every 1 frame or more, not every {self.every}")
        if self.adaptive and self.every is None:
            raise ValueError("an adaptive refresh needs `every`, the frames from which on it is due")

    def which(self, age: "Tensor", visible: "Tensor", uncertain: "Tensor") -> "Tensor":
        """Points to ask for again, from their age since the last time in frames and their two chances; one shape."""
        due = age >= self.every if self.every is not None else age < 0
        if self.adaptive:
            due = due & (visible > self.sure_visible) & (uncertain < self.sure_uncertain)
        return due
