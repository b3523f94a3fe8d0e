"""ClipAnswer: what a model says of a clip, in the pixels of the clip's own frames, before anybody looked at it."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from ...datasets.mask_store import MaskFile
from ...datasets.schema import ImageSize


@dataclass(frozen=True)
class PointSaid:
    """The bleeding source in one frame; x and y are NaN where it is not visible. confidence: that this is so."""

    frame: int
    x: float
    y: float
    visible: bool
    confidence: float

    @classmethod
    def of(cls, frame: int, xy: np.ndarray, size: ImageSize, confidence: float) -> Self:
        """A source at xy (2,), pixels of a frame of `size`; beyond its edges it cannot be seen."""
        x, y = (float(value) for value in xy)
        return cls(frame, x, y, True, confidence) if size.holds(x, y) else cls.absent(frame)

    @classmethod
    def absent(cls, frame: int, confidence: float = math.nan) -> Self:
        """A source that is not to be seen."""
        return cls(frame, math.nan, math.nan, False, confidence)


@dataclass(frozen=True)
class RegionSaid:
    """The bleeding region in one frame; an empty mask says that there is none."""

    frame: int
    mask: MaskFile
    confidence: float = math.nan


@dataclass(frozen=True)
class OnsetSaid:
    """The first bleeding frame; -1 says that the clip never bleeds."""

    frame: int
    confidence: float


@dataclass(frozen=True)
class ClipAnswer:
    """points, regions: in frame order. onset: None from models that say nothing of it."""

    points: tuple[PointSaid, ...] = ()
    regions: tuple[RegionSaid, ...] = ()
    onset: OnsetSaid | None = None
