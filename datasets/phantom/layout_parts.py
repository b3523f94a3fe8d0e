"""What the writers of official layouts share: one annotator's labels, and image files."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ..cohort import Cohort
from ..mask_file import read_mask_png
from ..schema import MaskLabel, PointLabel

ANNOTATOR: Final = "A1"
JPEG_QUALITY: Final = 95


def points_by_frame(cohort: Cohort, clip_id: str) -> dict[int, PointLabel]:
    """The first annotator's labels of the one source that official layouts have room for."""
    points = cohort.points(clip_id)
    return {point.frame: point for point in points if point.annotator == ANNOTATOR and point.target == "source"}


def masks_by_frame(cohort: Cohort, clip_id: str) -> dict[int, MaskLabel]:
    """The first annotator's regions."""
    return {mask.frame: mask for mask in cohort.masks(clip_id) if mask.annotator == ANNOTATOR}


def mask_pixels(cohort: Cohort, label: MaskLabel) -> np.ndarray:
    """(H, W) bool."""
    return read_mask_png(cohort.mask_path(label))


def write_jpeg(path: Path, rgb: np.ndarray, quality: int = JPEG_QUALITY) -> None:
    """Write a picture, (H, W, 3) RGB or (H, W) gray, uint8."""
    _write(path, rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])


def write_png(path: Path, rgb: np.ndarray) -> None:
    """Write a picture (H, W, 3) RGB uint8."""
    _write(path, rgb, [cv2.IMWRITE_PNG_COMPRESSION, 3])


def _write(path: Path, rgb: np.ndarray, settings: list[int]) -> None:
    pixels = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR) if rgb.ndim == 3 else rgb
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, pixels, settings)[1].tobytes())
