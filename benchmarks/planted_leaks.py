"""Ways in which one patient's pictures get onto both sides of a split, as transforms of frames, each seeded by clip."""

from collections.abc import Callable, Mapping
from typing import Final

import cv2
import numpy as np

Picture = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def _jpeg(rgb: np.ndarray, quality: int) -> np.ndarray:
    coded = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def reencoded(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """JPEG of quality 30 to 90."""
    return _jpeg(rgb, int(rng.integers(30, 91)))


def resized(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Between a third and 1.5 of the size, width and height up to 10 % apart, then JPEG 85."""
    scale = float(np.exp(rng.uniform(np.log(1 / 3), np.log(1.5))))
    width, height = scale, scale * rng.uniform(0.9, 1.1)
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return _jpeg(cv2.resize(rgb, None, fx=width, fy=height, interpolation=kind), 85)


def cropped(rgb: np.ndarray, rng: np.random.Generator, most: float = 0.15) -> np.ndarray:
    """Up to `most` cut from each side, each its own share, then JPEG 85."""
    top, bottom, left, right = rng.uniform(0, most, 4)
    height, width = rgb.shape[:2]
    rows, cols = (
        slice(int(top * height), int((1 - bottom) * height)),
        slice(int(left * width), int((1 - right) * width)),
    )
    return _jpeg(np.ascontiguousarray(rgb[rows, cols]), 85)


def cropped_more(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Up to a fifth cut from each side: more than the audit searches for."""
    return cropped(rgb, rng, 0.2)


def mirrored(rgb: np.ndarray, _rng: np.random.Generator) -> np.ndarray:
    """Left to right, then JPEG 85."""
    return _jpeg(np.ascontiguousarray(rgb[:, ::-1]), 85)


def untouched(rgb: np.ndarray, _rng: np.random.Generator) -> np.ndarray:
    """As it is but for JPEG 85: what is planted lies in the time."""
    return _jpeg(rgb, 85)


def everything(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cropped by up to 10 % a side, mirrored, resized and of JPEG quality 40 to 90, all at once."""
    small = resized(mirrored(cropped(rgb, rng, 0.1), rng), rng)
    return _jpeg(small, int(rng.integers(40, 91)))


# kind: the transform, and from when the copy shows the procedure, in frames after the original's start.
KINDS: Final[Mapping[str, tuple[Picture, tuple[float, float]]]] = {
    "re-encoded": (reencoded, (0, 0)),
    "resized": (resized, (0, 0)),
    "cropped to 15 %": (cropped, (0, 0)),
    "cropped to 20 %": (cropped_more, (0, 0)),
    "mirrored": (mirrored, (0, 0)),
    "time-shifted": (untouched, (0.5, 10)),
    "all at once": (everything, (0, 0)),
    "same procedure later": (untouched, (50, 500)),
}
