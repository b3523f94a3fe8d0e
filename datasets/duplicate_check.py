"""A look at the images of a candidate: whether two frames agree in fine detail, which no hash has seen.

The hash of a candidate agrees in the lowest 64 frequencies; that is how it was found. So the two images are laid over
one another (ECC, Evangelidis & Psarakis 2008, *Parametric image alignment using enhanced correlation coefficient
maximization*) and everything coarser than about a sixteenth of the width is taken away before they are correlated: that
is evidence the search did not choose by.
"""

from typing import Final

import cv2
import numpy as np

from .near_duplicates import Candidate, Window
from .perceptual_hash import lit_part

_SIDE: Final = 192
_COARSE: Final = 8.0
_FINE: Final = 1.0
_STEPS: Final = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-5)
_EVERYWHERE: Final = np.full((_SIDE, _SIDE), 255, np.uint8)
_LEAST_OVERLAP: Final = 0.3
# Between other tissue (0.44 at most, in the leak drill and in real clips) and copies (0.55 and more).
SAME: Final = 0.5


def detail_correlation(first: np.ndarray, second: np.ndarray, candidate: Candidate) -> float:
    """Correlation, -1..1, of the fine detail of two frames, (H, W, 3) uint8 RGB each, laid over one another.

    Copies reach 0.7 even at JPEG quality 30, frames a few apart 0.4 to 0.9, other tissue 0.4 at most: see SAME. NaN
    where a frame shows nothing.
    """
    one, other = lit_part(first), lit_part(second)
    if one is None or other is None:
        return float("nan")
    cols = candidate.cols
    if candidate.mirrored:
        other = np.ascontiguousarray(other[:, ::-1])
        if candidate.cropped == "first":  # the window was cut before mirroring, and its image is mirrored by now
            cols = (1 - cols[1], 1 - cols[0])
    large, small = (other, one) if candidate.cropped == "first" else (one, other)
    return _best_correlation(_square(large), _square(small), _window_warp(candidate.rows, cols))


def _best_correlation(large: np.ndarray, small: np.ndarray, warp: np.ndarray) -> float:
    """The detail's correlation under the best of the coarse and the fine alignment."""
    coarse = _aligned(cv2.GaussianBlur(large, (0, 0), 3.0), cv2.GaussianBlur(small, (0, 0), 3.0), warp)
    large, small = _detail(large), _detail(small)
    fine = _aligned(large, small, coarse)
    return max(_correlation(large, small, coarse), _correlation(large, small, fine))


def _window_warp(rows: Window, cols: Window) -> np.ndarray:
    """(2, 3) float32: from places in the small image to places in the large one, both `_SIDE` pixels square."""
    scale_x, scale_y = cols[1] - cols[0], rows[1] - rows[0]
    return np.array([[scale_x, 0, cols[0] * _SIDE], [0, scale_y, rows[0] * _SIDE]], np.float32)


def _aligned(large: np.ndarray, small: np.ndarray, warp: np.ndarray) -> np.ndarray:
    """`warp` improved by ECC, or as it was where ECC does not converge."""
    try:
        found = cv2.findTransformECC(small, large, warp.copy(), cv2.MOTION_AFFINE, _STEPS, _EVERYWHERE, 1)[1]
    except cv2.error:
        return warp
    return np.asarray(found, np.float32)


def _correlation(large: np.ndarray, small: np.ndarray, warp: np.ndarray) -> float:
    """Correlation where the warped large image covers the small one; -1 where that is too little to tell."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(large, warp, (_SIDE, _SIDE), flags=flags)
    covered = cv2.warpAffine(np.ones_like(large), warp, (_SIDE, _SIDE), flags=flags) > 0.99
    if covered.mean() < _LEAST_OVERLAP:
        return -1.0
    x, y = laid[covered] - laid[covered].mean(), small[covered] - small[covered].mean()
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm > 0 else -1.0


def _square(grey: np.ndarray) -> np.ndarray:
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return cv2.GaussianBlur(small, (0, 0), _FINE)


def _detail(image: np.ndarray) -> np.ndarray:
    """The detail: what a blur takes away, each place by its own contrast so that no single glint decides."""
    detail = image - cv2.GaussianBlur(image, (0, 0), _COARSE)
    contrast = np.sqrt(cv2.GaussianBlur(detail**2, (0, 0), _COARSE)) + 2.0
    return (detail / contrast).astype(np.float32)
