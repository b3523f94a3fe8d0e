"""Perceptual hashes: what is left of a frame after re-encoding and resizing, in a few words of 64 bits.

Stored is a 16x16 thumbnail of 16 grey levels, without the black margins around the endoscopic view, which one copy
often has and the other has not. From it an audit takes the DCT hash (after Zauner 2010, *Implementation and
benchmarking of perceptual image hash functions*) of the frame, of its mirror image, and of any crop; it decodes no
image. Bits are the signs of the 64 lowest frequencies less those of the cohort's average frame: all endoscopes light
the middle and round off the corners, and that must not make two patients alike.
"""

from functools import lru_cache
from typing import Final

import cv2
import numpy as np

SIDE: Final = 16
BITS: Final = 64
LEVELS: Final = 16
VIEWS: Final = tuple(f"pixels-{i:02d}" for i in range(16))
WHOLE: Final = (0.0, 1.0)

# Rows and columns (v, u) of the 64 lowest DCT frequencies without the constant one, low to high.
_FREQUENCIES: Final = sorted(
    ((v, u) for v in range(SIDE) for u in range(SIDE) if u or v), key=lambda vu: (vu[0] ** 2 + vu[1] ** 2, vu)
)[:BITS]
_V: Final = np.array([v for v, _ in _FREQUENCIES])
_U: Final = np.array([u for _, u in _FREQUENCIES])
_ORDERS: Final = int(max(_V.max(), _U.max())) + 1
# Mirroring left to right turns the sign of every odd horizontal frequency.
_MIRROR: Final = np.where(_U % 2 == 1, np.float32(-1), np.float32(1))

_SHIFTS: Final = np.arange(0, 64, 4, dtype=np.uint64)

_WORKING_HEIGHT: Final = 96
_BLACK: Final = 20
_FLAT: Final = 4.0


def frame_hashes(rgb: np.ndarray) -> list[tuple[str, int]]:
    """(view, 64-bit unsigned word) of one frame, rgb (H, W, 3) uint8: the 16 words of its thumbnail, row by row.

    Empty for a frame without content to know it by: black, of one colour, or smaller than 16 pixels after trimming.
    """
    grey = _reduced(rgb)[0]
    box = _lit_box(grey)
    if box is None:
        return []
    grey = grey[box[0] : box[1], box[2] : box[3]]
    if grey.std() < _FLAT:
        return []
    thumb = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low, high = float(thumb.min()), float(thumb.max())
    levels = np.clip((thumb - low) * (LEVELS / (high - low)), 0, LEVELS - 1).astype(np.uint64)
    return list(zip(VIEWS, (levels << _SHIFTS).sum(axis=1, dtype=np.uint64).tolist(), strict=True))


def thumbnails(words: np.ndarray) -> np.ndarray:
    """(N, 16) uint64 words of VIEWS, in their order, back to (N, 16, 16) float32 grey levels 0..15."""
    levels = (words[:, :, None] >> _SHIFTS) & np.uint64(LEVELS - 1)
    return levels.astype(np.float32)


def frequencies(thumbs: np.ndarray, rows: tuple[float, float] = WHOLE, cols: tuple[float, float] = WHOLE) -> np.ndarray:
    """(N, 64) float32: lowest DCT frequencies of one window of thumbnails (N, 16, 16), each row of length 1.

    rows, cols: start and end of the window as shares of height and width.
    """
    found = (_cosines(rows) @ thumbs @ _cosines(cols).T)[:, _V, _U]
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)


def mirrored(frequency: np.ndarray) -> np.ndarray:
    """Frequencies (N, 64) of the same images mirrored left to right; twice is the original."""
    return frequency * _MIRROR


def hashes(frequency: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """(N,) uint64: bit i says whether frequency i, of (N, 64), is above that of the average frame, centre (64,)."""
    return np.ascontiguousarray(np.packbits(frequency > centre, axis=1)).view(np.uint64)[:, 0]


def distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Bits that differ between uint64 hashes, 0..64, broadcast; unrelated frames lie around 32."""
    return np.bitwise_count(first ^ second)


def lit_part(rgb: np.ndarray) -> np.ndarray | None:
    """Grey (h, w) uint8 of an image without its black margins; None where hardly anything is lit."""
    small, step = _reduced(rgb)
    box = _lit_box(small)
    if box is None:
        return None
    top, bottom, left, right = (edge * step for edge in box)
    return cv2.cvtColor(np.ascontiguousarray(rgb[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)


def _reduced(rgb: np.ndarray) -> tuple[np.ndarray, int]:
    """Grey (h, w) uint8 of about 96 rows, and by how much: a whole number, which OpenCV averages fastest."""
    step = max(1, round(min(rgb.shape[:2]) / _WORKING_HEIGHT))
    height, width = rgb.shape[0] // step, rgb.shape[1] // step
    small = cv2.resize(rgb[: height * step, : width * step], (width, height), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), step


def _lit_box(grey: np.ndarray) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right): first to last row and column more than a tenth lit; None where that is too small."""
    lit = grey > _BLACK
    rows = np.flatnonzero(lit.mean(axis=1) > 0.1)
    cols = np.flatnonzero(lit.mean(axis=0) > 0.1)
    if len(rows) < SIDE or len(cols) < SIDE:
        return None
    return int(rows[0]), int(rows[-1]) + 1, int(cols[0]), int(cols[-1]) + 1


@lru_cache(maxsize=4096)
def _cosines(window: tuple[float, float]) -> np.ndarray:
    """(orders, 16) float32: DCT-II cosines over a window of 16 samples, weighted by the share of each that it holds."""
    start, end = window[0] * SIDE, window[1] * SIDE
    left, right = np.maximum(np.arange(SIDE), start), np.minimum(np.arange(SIDE) + 1, end)
    held = np.maximum(right - left, 0)
    phase = np.pi * ((left + right) / 2 - start) / (end - start)
    wave = np.cos(np.arange(_ORDERS)[:, None] * phase) * held
    # A window cuts samples in two: without this the mean grey level would leak into every frequency.
    wave[1:] -= wave[1:].sum(axis=1, keepdims=True) * held / held.sum()
    return wave.astype(np.float32)
