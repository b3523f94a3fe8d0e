"""ColourTable: how often each colour was blood in pictures that people drew on; a baseline that learns in one pass.

Jones and Rehg, "Statistical Color Models with Application to Skin Detection", IJCV 2002, with blood for skin.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Self

import cv2
import numpy as np

from .predict import FramePrediction, Frames

_LEAST_SHARE: Final = 0.002  # of a picture: a smaller region is noise


class ColourTable:
    """A histogram of colours inside bleeding regions and one of those outside.

    A pixel is blood where its colour's chance of that is above the limit that gives the best IoU on what was learnt
    from. bins: of each of red, green and blue. prior: votes that every colour has before anything was seen, shared out
    as blood and other are over all pixels. The source is said to be in the middle of the largest region.
    """

    def __init__(self, inside: np.ndarray, outside: np.ndarray, *, prior: float = 4.0) -> None:
        blood = inside.sum() / max(1.0, inside.sum() + outside.sum())
        self._chance = (inside + prior * blood) / (inside + outside + prior)
        self._bins = len(inside)
        self._limit = _best_limit(self._chance, inside, outside)

    @classmethod
    def learn(cls, pictures: Iterable[tuple[np.ndarray, np.ndarray]], *, bins: int = 24, prior: float = 4.0) -> Self:
        """From pictures (H, W, 3) uint8 RGB, each with its region (H, W) bool."""
        counts = np.zeros((2, bins, bins, bins))
        for rgb, region in pictures:
            colours = (rgb.reshape(-1, 3).astype(np.intp) * bins) // 256
            np.add.at(counts, (region.reshape(-1).astype(np.intp), *colours.T), 1.0)
        return cls(counts[1], counts[0], prior=prior)

    def frames(self, frames: Frames) -> Iterator[FramePrediction]:
        """What each frame shows; none hangs on another."""
        for number, rgb in frames:
            yield self._seen(number, rgb)

    def _seen(self, number: int, rgb: np.ndarray) -> FramePrediction:
        colours = (rgb.astype(np.intp) * self._bins) // 256
        chance = self._chance[colours[..., 0], colours[..., 1], colours[..., 2]].astype(np.float32)
        mask = cv2.GaussianBlur(chance, (0, 0), max(1.0, rgb.shape[1] / 128)) > self._limit
        count, labels, facts, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
        share = float(mask.mean())
        largest = 1 + int(np.argmax(facts[1:, cv2.CC_STAT_AREA])) if count > 1 else 0
        point = (centres[largest] if largest else np.array(rgb.shape[1::-1]) / 2 - 0.5) + 0.5
        confidence = share / (share + _LEAST_SHARE)
        return FramePrediction(number, point.astype(np.float32), share > _LEAST_SHARE, confidence, labels > 0)


def _best_limit(chance: np.ndarray, inside: np.ndarray, outside: np.ndarray) -> float:
    """The chance above which colours, taken as blood, have the highest IoU over all pixels counted."""
    order = np.argsort(-chance, axis=None, kind="stable")
    hit, taken = np.cumsum(inside.reshape(-1)[order]), np.cumsum(outside.reshape(-1)[order])
    iou = hit / np.maximum(1.0, inside.sum() + taken)
    best = int(np.argmax(iou))
    sorted_chance = chance.reshape(-1)[order]
    return float(sorted_chance[best] + sorted_chance[min(best + 1, len(order) - 1)]) / 2
