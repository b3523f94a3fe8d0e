"""How a model is drawn: one colour, marker, dash and label in all plots of a board."""

from dataclasses import dataclass
from typing import Final, Self

from .board import HUMAN, Board
from .figures import plain

# Okabe and Ito's, without the yellow that paper swallows; markers and dashes tell apart what is still alike.
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444")
_MARKERS: Final = "osD^vPX*"
_DASHES: Final = ("-", "--", "-.")
_HUMAN: Final = "#222222"


@dataclass(frozen=True)
class ModelLine:
    """label: the name, with what must be said of it; colour, marker, dashes: as matplotlib takes them."""

    label: str
    colour: str
    marker: str
    dashes: str

    @classmethod
    def of(cls, board: Board, name: str) -> Self:
        """The look hangs on the model's place in the board; no two of the first 56 are alike."""
        if name == HUMAN:
            return cls("human ceiling", _HUMAN, "x", ":")
        place = [model for model in board.models if model != HUMAN].index(name)
        label = plain(name) + (" (LEAKY)" if name in board.leaky else "")
        dashes = _DASHES[place // len(_COLOURS) % len(_DASHES)]
        return cls(label, _COLOURS[place % len(_COLOURS)], _MARKERS[place % len(_MARKERS)], dashes)
