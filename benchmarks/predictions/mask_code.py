"""Masks in predictions.parquet: COCO's compressed run lengths on one square grid, whatever the size of the frame.

The square is SurgBlood's evaluation frame: its code stretches frame and mask to 512x512, the mask as Pillow's bilinear
resize does (antialiased), and cuts at half. IoU and Dice hardly change when a picture is stretched; distances are
measured with the grid's pixels stretched back.
"""

from typing import Final

import numpy as np

GRID: Final = 512


def encode_mask(mask: np.ndarray) -> bytes:
    """A mask (H, W) bool of a stored frame, as run lengths on the grid."""
    from pycocotools import mask as coco

    if mask.ndim != 2 or mask.dtype != np.bool_:
        raise ValueError(f"a mask must be (H, W) bool, got {mask.shape} {mask.dtype}")
    return coco.encode(np.asfortranarray(on_grid(mask)))["counts"]


def on_grid(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool to (GRID, GRID) uint8 of 0 and 1; SurgBlood's `datasetVideoTest.py` and `Evaluate.py`, `> 0.5`."""
    from PIL import Image

    if mask.shape == (GRID, GRID):
        return mask.astype(np.uint8)
    grey = Image.fromarray(mask.astype(np.uint8) * 255).resize((GRID, GRID), Image.Resampling.BILINEAR)
    return (np.asarray(grey) >= 128).astype(np.uint8)  # of 255; 127 is below a half, 128 above


def decode_mask(code: bytes) -> np.ndarray:
    """Run lengths back to (GRID, GRID) bool."""
    from pycocotools import mask as coco

    return coco.decode({"size": [GRID, GRID], "counts": code}).astype(bool)
