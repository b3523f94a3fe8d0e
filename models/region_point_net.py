"""RegionPointNet: a network that learns regions and sources from windows of frames, as its own file declares it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from torch import nn

from ..datasets.schema import ImageSize

Size = Literal["full", "tiny"]


@dataclass(frozen=True)
class RegionPointNet:
    """All that training and benchmark need to know of an OnlineRegionPointModel.

    name: as in commands and paths; title and reference: as in tables. make: the network in a size, with random weights:
    `full` is the paper's, `tiny` the same code small enough for a CPU. pictures: what it takes, by size. rate: its
    highest learning rate.

    A network may begin with weights of others, in its full size. pretrained: their name in WEIGHTS; begin: puts that
    file into a model; encoder: the part that has learnt already and then learns at `encoder_rate`.
    """

    name: str
    title: str
    reference: str
    make: Callable[[Size], Any]
    pictures: Mapping[Size, ImageSize]
    rate: float
    pretrained: str = ""
    begin: Callable[[Any, Path], None] | None = None
    encoder: Callable[[Any], nn.Module] | None = None
    encoder_rate: float = 0.0

    def __post_init__(self) -> None:
        begins = (bool(self.pretrained), self.begin is not None, self.encoder is not None, self.encoder_rate > 0)
        if len(set(begins)) > 1:
            raise ValueError(f"{self.name}: pretrained, begin, encoder and encoder_rate go together")
