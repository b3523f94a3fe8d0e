"""Pseudo-keypoints: points of the tissue round a label that are found again round the next one."""

from dataclasses import dataclass

import numpy as np

from ..models.matcher import Disc, Matcher, Matches
from ..models.point_tracker import scaled


@dataclass(frozen=True)
class KeypointRule:
    """Which matches become pseudo-keypoints: BleedOrigin 4.2.1, Eq. 6. Lengths in pixels of REFERENCE_WIDTH.

    radius: r, of the disc round the label that a keypoint must lie in. confidence: S, which its match must exceed.
    near_next: whether the match must lie within the same radius of the next label; Eq. 6 asks for it anywhere in the
    next labelled frame, but in pulled tissue only a fifth of such matches follow the label. most: how many are kept,
    surest first; None for all, as the paper does. match_sd: how far a match is off, per axis, one of ours.
    """

    radius: float = 50.0
    confidence: float = 0.7
    near_next: bool = False
    most: int | None = None
    match_sd: float = 1.0

    def variance(self, width: int) -> float:
        """Of a match per axis, pixels squared, in a picture `width` wide; half a pixel is the least."""
        return max(0.5, scaled(self.match_sd, width)) ** 2


@dataclass(frozen=True, eq=False)
class KeypointTracks:
    """K pseudo-keypoints through T frames: xy (K, T, 2) and covariance (K, T, 2, 2) pixels; visible (K, T).

    confidence (K, T): as a target's. xy is NaN where a keypoint is not trusted.
    """

    xy: np.ndarray
    covariance: np.ndarray
    visible: np.ndarray
    confidence: np.ndarray

    def __len__(self) -> int:
        return len(self.xy)

    @classmethod
    def none(cls, frames: int) -> "KeypointTracks":
        """Not one keypoint, through T frames."""
        return cls(
            np.zeros((0, frames, 2)),
            np.zeros((0, frames, 2, 2)),
            np.zeros((0, frames), bool),
            np.zeros((0, frames)),
        )


def pseudo_keypoints(
    matcher: Matcher,
    rule: KeypointRule,
    frames: tuple[np.ndarray, np.ndarray],
    labels: tuple[tuple[float, float], tuple[float, float]],
    width: int,
) -> Matches:
    """The matches that Eq. 6 keeps, surest first, maybe none.

    frames: two labelled ones, (H, W, 3) uint8 RGB, `width` wide; labels: the target's place in each, pixels.
    """
    start, end = (np.array(label, np.float32) for label in labels)
    radius = scaled(rule.radius, width)
    reach = radius if rule.near_next else float(np.hypot(*frames[1].shape[:2]))  # the diagonal: the whole picture
    found = matcher.match(*frames, Disc(start, radius), Disc(end, reach))
    kept = np.flatnonzero(found.confidence > rule.confidence)[: rule.most]
    return Matches(found.first[kept], found.second[kept], found.confidence[kept])
