"""PictureModel: what finds the bleeding region and the bleeding source in one picture, by itself, without learning."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..datasets.checks import check_array


@dataclass(frozen=True, eq=False)
class PictureSeen:
    """What one picture shows. mask (H, W) bool: the bleeding region; point (2,) float32: the source, pixels, x then y.

    The point is always said, bleeding or not. confidence in [0, 1]: that there is bleeding, which is said above 0.5.
    """

    mask: np.ndarray
    point: np.ndarray
    confidence: float

    def __post_init__(self) -> None:
        check_array("mask", self.mask, shape=("H", "W"), dtype=np.bool_)
        check_array("point", self.point, shape=(2,), dtype=np.float32)


class PictureModel(Protocol):
    """Frames are looked at one by one, so that it is online by nature; the same picture always gives the same."""

    def look(self, rgb: np.ndarray) -> PictureSeen:
        """Of a frame (H, W, 3) uint8, RGB, which is left as it is."""


def confidence_of_share(share: float, least: float) -> float:
    """How sure a share of the picture makes: 0 for none of it, 0.5 at `least`, towards 1 for all of it."""
    return share / (share + least)


def middle(rgb: np.ndarray) -> np.ndarray:
    """The middle of a frame, (2,) float32 pixels: what is said where nothing was found."""
    return np.array([rgb.shape[1] / 2, rgb.shape[0] / 2], np.float32)
