"""Masks as run lengths: COCO's, column by column, as numbers or packed text, and CVAT's, row by row within a box.

Written through pycocotools; read by our own decoder, as the counts of a file from elsewhere may lead pycocotools' C
code past the end of its memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np

from ..digest import value_digest
from ..schema import ImageSize

_CHARACTERS: Final = 9  # of one packed count: 45 bits, more than any picture has pixels


def coco_counts(mask: np.ndarray) -> str:
    """COCO's packed counts of a mask (H, W) bool."""
    from pycocotools import mask as coco_mask

    return str(coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"].decode("ascii"))


def coco_mask(counts: str | Sequence[int], size: ImageSize) -> np.ndarray:
    """Mask (H, W) bool from COCO's counts, packed or not. Raises ValueError where they do not add up to the size."""
    runs = _unpacked(counts, size) if isinstance(counts, str) else counts
    columns = _filled(runs, size.width * size.height).reshape(size.width, size.height)
    return np.asarray(cv2.transpose(columns.view(np.uint8))).reshape(size.height, size.width).view(np.bool_)


def coco_digest(counts: str, size: ImageSize) -> str:
    """16 hex digits of a packed mask: that of the export, where nobody changed it."""
    return value_digest([counts, size.width, size.height])[:16]


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

    @cached_property
    def digest(self) -> str:
        """16 hex digits of it: those of the export, where nobody changed the region."""
        return value_digest([self.runs, self.left, self.top, self.width, self.height])[:16]

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


def _filled(runs: Sequence[int] | np.ndarray, total: int) -> np.ndarray:
    """(total,) bool: runs in turn without and with the region."""
    if isinstance(runs, np.ndarray):
        runs = runs.tolist()
    if not set(map(type, runs)) <= {int} or (runs and not 0 <= min(runs) <= max(runs) <= total):
        raise ValueError("mask runs must be whole numbers within the image")
    if sum(runs) != total:
        raise ValueError(f"mask runs add up to {sum(runs)} pixels, the frame or box has {total}")
    return np.repeat(np.arange(len(runs)) % 2 == 1, np.asarray(runs, np.int64))


def _unpacked(text: str, size: ImageSize) -> np.ndarray:
    """COCO's packed counts (`rleFrString` in maskApi.c).

    Five bits a character, low first; from the fourth on, each count is its difference to the one before last.
    """
    pixels = size.width * size.height
    if not text.isascii() or len(text) > _CHARACTERS * (pixels + 2):
        raise ValueError("packed mask counts are broken")
    codes = np.frombuffer(text.encode(), np.uint8).astype(np.int64) - ord("0")
    ends = np.flatnonzero((codes & 0x20) == 0)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts[: len(ends)] + 1
    whole = len(ends) and ends[-1] == len(codes) - 1 and lengths.max() <= _CHARACTERS
    if not whole or not ((codes >= 0) & (codes < 64)).all():
        raise ValueError("packed mask counts are broken")
    if len(ends) > pixels + 2:
        raise ValueError("mask has more runs than pixels")
    within = np.arange(len(codes)) - np.repeat(starts, lengths)
    runs = np.add.reduceat((codes & 0x1F) << (5 * within), starts)
    negative = (codes[ends] & 0x10) != 0
    runs[negative] -= 1 << (5 * lengths[negative])
    if np.abs(runs).max() > pixels:
        raise ValueError("mask runs must be whole numbers within the image")
    runs[1::2] = np.cumsum(runs[1::2])
    runs[2::2] = np.cumsum(runs[2::2])
    return runs
