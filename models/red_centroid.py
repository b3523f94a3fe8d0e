"""Baseline: the source is the middle of what is red. A detector that loses to this has learnt nothing."""

from typing import Final

import numpy as np

from .picture_model import PictureSeen, confidence_of_share, middle

REDNESS: Final = 0.4
LEAST_SHARE: Final = 0.01


class RedCentroid:
    """The mean place of all red pixels, each weighed by its redness; they are the region.

    Redness is BleedOrigin's Red-Mask (4.1.2): max(0, R - max(G, B)) of channels in [0, 1]. redness: from which on a
    pixel is red; least_share: of the frame that must be red to speak of bleeding. Both are ours: of 0.25 to 0.5 and
    0.002 to 0.1, what served simulated laparoscopy best. Dried blood and inflamed tissue are as red as bleeding.
    """

    def __init__(self, *, redness: float = REDNESS, least_share: float = LEAST_SHARE) -> None:
        self._redness, self._least_share = redness, least_share

    def look(self, rgb: np.ndarray) -> PictureSeen:
        """A frame (H, W, 3) uint8; the middle of the picture where nothing is red."""
        redness = red_share(rgb)
        mask = redness >= self._redness
        rows, columns = np.nonzero(mask)
        confidence = confidence_of_share(float(mask.mean()), self._least_share)
        if not len(rows):
            return PictureSeen(mask, middle(rgb), confidence)
        weight = redness[rows, columns].astype(np.float64)
        centroid = np.stack([columns, rows]) @ weight / weight.sum() + 0.5
        return PictureSeen(mask, centroid.astype(np.float32), confidence)


def red_share(rgb: np.ndarray) -> np.ndarray:
    """BleedOrigin's Red-Mask of a frame (H, W, 3) uint8: (H, W) float32 in [0, 1]; 1 in pure red, 0 in gray."""
    other = np.maximum(rgb[..., 1], rgb[..., 2])
    return np.where(rgb[..., 0] > other, rgb[..., 0] - other, 0).astype(np.float32) / 255
