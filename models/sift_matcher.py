"""SIFT: the matcher that needs no weights (Lowe, IJCV 2004), with RootSIFT's distance (Arandjelović, CVPR 2012)."""

from typing import Final

import numpy as np

from .crop import crop_around
from .matcher import Disc, Matches
from .mutual import mutual_best

# A match is as likely right as wrong at this ratio, and how fast that changes: a logistic fit to matches between
# endoscopic frames and known warps of them, as in Lowe's Fig. 11. docs/matchers.md tells how it was measured.
_EVEN_RATIO: Final = 0.82
_RATIO_SPREAD: Final = 0.06


class SiftMatcher:
    """OpenCV's SIFT and mutual nearest neighbours.

    Confidence is the chance that a match is right, going by the ratio of the nearest to the second nearest descriptor,
    the worse of both directions: 0.7 is a ratio of 0.77. Where there is no second one nothing can be said: ratio 1.

    contrast: OpenCV's contrastThreshold, a quarter of its default, as tissue is pale. margin: pixels looked at round
    each disc, so that descriptors near its rim are whole.
    """

    def __init__(self, *, contrast: float = 0.01, margin: float = 32.0) -> None:
        self._contrast, self._margin = contrast, margin

    def match(self, first: np.ndarray, second: np.ndarray, around_first: Disc, around_second: Disc) -> Matches:
        """Match two RGB frames within a disc of each; of a keypoint with several orientations, the surest."""
        ours, our_looks = self._detect(first, around_first)
        theirs, their_looks = self._detect(second, around_second)
        likeness = our_looks @ their_looks.T
        i, j = mutual_best(likeness)
        ratio = np.maximum(_ratios(likeness)[i], _ratios(likeness.T)[j])
        confidence = 1 / (1 + np.exp((ratio - _EVEN_RATIO) / _RATIO_SPREAD))
        return _one_each(Matches.of(ours[i], theirs[j], confidence))

    def _detect(self, frame: np.ndarray, disc: Disc) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints in the disc (N, 2), pixels of the frame, and their RootSIFT descriptors (N, 128), of length 1."""
        import cv2

        nothing = np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32)
        height, width = frame.shape[:2]
        crop = crop_around(disc, width, height, self._margin)
        if crop is None:
            return nothing
        # Without precise upscaling OpenCV's keypoints lie a quarter of a pixel too far right and down.
        sift = cv2.SIFT.create(contrastThreshold=self._contrast, enable_precise_upscale=True)
        keypoints, looks = sift.detectAndCompute(cv2.cvtColor(crop.of(frame), cv2.COLOR_RGB2GRAY), None)
        if not keypoints:
            return nothing
        # OpenCV's whole numbers are pixel centres, ours are at + 0.5.
        xy = np.asarray(cv2.KeyPoint.convert(keypoints), np.float32) + crop.origin + np.float32(0.5)
        wanted = disc.holds(xy)
        return xy[wanted], _rooted(looks[wanted])


def _rooted(looks: np.ndarray) -> np.ndarray:
    """RootSIFT: the root of the descriptor as a histogram; Euclidean distance then is Hellinger's."""
    return np.sqrt(looks / np.maximum(looks.sum(1, keepdims=True), 1e-6)).astype(np.float32)


def _ratios(likeness: np.ndarray) -> np.ndarray:
    """Of each row: the distance of the nearest over that of the second nearest, 1 where there is no second."""
    if likeness.shape[1] < 2:
        return np.ones(len(likeness), np.float32)
    two = np.partition(likeness, -2, axis=1)[:, -2:]
    # Descriptors of length 1: squared distance is 2 - 2 likeness.
    second, nearest = np.sqrt(np.maximum(1 - two, 1e-9)).T
    return nearest / second


def _one_each(matches: Matches) -> Matches:
    """The first, surest match of every place in the first frame."""
    _, kept = np.unique(matches.first, axis=0, return_index=True)
    kept.sort()
    return Matches(matches.first[kept], matches.second[kept], matches.confidence[kept])
