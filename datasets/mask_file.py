"""Masks as a cohort keeps them: one 8-bit gray PNG a frame and target, 0 outside and 255 inside."""

from pathlib import Path

import cv2
import numpy as np

from .checks import check_array
from .errors import BleedkitError
from .images import check_whole


def mask_png(mask: np.ndarray) -> bytes:
    """Encode a mask (H, W) bool; the same mask always gives the same bytes."""
    check_array("mask", mask, ("H", "W"), np.bool_)
    done, data = cv2.imencode(".png", mask.astype(np.uint8) * 255, [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise ValueError(f"a mask of shape {mask.shape} cannot be a PNG")
    return data.tobytes()


def read_mask_png(path: Path) -> np.ndarray:
    """Decode a PNG that `mask_png` made into (H, W) bool. Raises BleedkitError where it is not one."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BleedkitError(f"{path}: mask cannot be read ({error.strerror})", "build the cohort again") from error
    check_whole(data, str(path))
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if pixels is None or pixels.ndim != 2 or pixels.dtype != np.uint8:
        raise BleedkitError(f"{path}: mask must be an 8-bit gray PNG", "build the cohort again")
    inside = pixels == 255
    if not np.array_equal(inside, pixels != 0):
        raise BleedkitError(f"{path}: mask must hold 0 and 255 only", "build the cohort again")
    return inside
