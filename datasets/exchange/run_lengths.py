"""Masks as run lengths: COCO's, column by column, as numbers or packed text, and CVAT's, row by row within a box.

Written through pycocotools; read by our own decoder, as the counts of a file from elsewhere may lead pycocotools' C
code past the end of its memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..schema import ImageSize


def coco_counts(mask: np.ndarray) -> str:
    """COCO's packed counts of a mask (H, W) bool."""
    from pycocotools import mask as coco_mask

    return str(coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"].decode("ascii"))


def coco_mask(counts: str | Sequence[int], size: ImageSize) -> np.ndarray:
    """Mask (H, W) bool from COCO's counts, packed or not. Raises ValueError where they do not add up to the size."""
    runs = _unpacked(counts, size) if isinstance(counts, str) else counts
    return _filled(runs, size.width * size.height).reshape(size.width, size.height).T.copy()


@dataclass(frozen=True)
class BoxRuns:
    """A region in CVAT's terms: runs of its bounding box, row by row, background first; box in whole pixels."""

    runs: tuple[int, ...]
    left: int
    top: int
    width: int
    height: int

    @classmethod
    def of(cls, mask: np.ndarray) -> "BoxRuns":
        """The runs of a mask (H, W) bool. Raises ValueError where it is empty, which CVAT cannot say."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not rows.size:
            raise ValueError("an empty mask has no box")
        box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        flat = box.ravel()
        edges = np.flatnonzero(np.diff(flat)) + 1
        runs = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
        return cls((0, *runs) if flat[0] else tuple(runs), int(columns[0]), int(rows[0]), box.shape[1], box.shape[0])

    def mask(self, size: ImageSize) -> np.ndarray:
        """Mask (H, W) bool. Raises ValueError where the box leaves the image or the runs do not fill it."""
        if min(self.left, self.top, self.width, self.height) < 0 or not (
            self.left + self.width <= size.width and self.top + self.height <= size.height
        ):
            box = f"{self.width}x{self.height} at ({self.left}, {self.top})"
            raise ValueError(f"mask box {box} leaves the image of {size}")
        mask = np.zeros((size.height, size.width), np.bool_)
        inside = _filled(self.runs, self.width * self.height).reshape(self.height, self.width)
        mask[self.top : self.top + self.height, self.left : self.left + self.width] = inside
        return mask


def _filled(runs: Sequence[int], total: int) -> np.ndarray:
    """(total,) bool: runs in turn without and with the region."""
    if not all(isinstance(run, int) and not isinstance(run, bool) and 0 <= run <= total for run in runs):
        raise ValueError("mask runs must be whole numbers within the image")
    if sum(runs) != total:
        raise ValueError(f"mask runs add up to {sum(runs)} pixels, the frame or box has {total}")
    return np.repeat(np.arange(len(runs)) % 2 == 1, np.asarray(runs, np.int64))


def _unpacked(text: str, size: ImageSize) -> list[int]:
    """COCO's packed counts (`rleFrString` in maskApi.c).

    Five bits a character, low first; from the fourth on, each count is its difference to the one before last.
    """
    runs: list[int] = []
    at = 0
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            if at >= len(text) or not 0 <= (code := ord(text[at]) - 48) < 64 or shift > 40:
                raise ValueError("packed mask counts are broken")
            value |= (code & 0x1F) << shift
            more = bool(code & 0x20)
            at += 1
            shift += 5
            if not more and code & 0x10:
                value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        if len(runs) > size.width * size.height + 2:
            raise ValueError("mask has more runs than pixels")
    return runs
