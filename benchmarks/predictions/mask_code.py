"""Masks in predictions.parquet: COCO's compressed run lengths on one square grid, whatever the size of the frame.

The square is SurgBlood's evaluation frame (its code stretches frame and mask to 512x512). IoU and Dice do not change
when a picture is stretched; distances are measured with the grid's pixels stretched back.
"""

from typing import Any, Final

import cv2
import numpy as np

GRID: Final = 512


def encode_mask(mask: np.ndarray) -> bytes:
    """A mask (H, W) bool of a stored frame, as run lengths on the grid; a pixel of that is in where half of it is."""
    from pycocotools import mask as coco

    if mask.ndim != 2 or mask.dtype != np.bool_:
        raise ValueError(f"a mask must be (H, W) bool, got {mask.shape} {mask.dtype}")
    return coco.encode(np.asfortranarray(on_grid(mask)))["counts"]


def on_grid(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool to (GRID, GRID) uint8 of 0 and 1."""
    if mask.shape == (GRID, GRID):
        return mask.astype(np.uint8)
    shrinks = mask.shape[0] >= GRID and mask.shape[1] >= GRID
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    share = cv2.resize(mask.astype(np.float32), (GRID, GRID), interpolation=how)
    return (share >= 0.5).astype(np.uint8)


def decode_mask(code: bytes) -> np.ndarray:
    """Run lengths back to (GRID, GRID) bool."""
    from pycocotools import mask as coco

    return coco.decode(as_coco(code)).astype(bool)


def as_coco(code: bytes) -> dict[str, Any]:
    """The code as pycocotools takes it."""
    return {"size": [GRID, GRID], "counts": code}
