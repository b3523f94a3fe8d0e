"""One segment from its labels and encoded frames to judged positions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ..datasets.schema import ImageSize
from ..models.corner_detector import CornerDetector
from ..models.point_tracker import PointTracker, scaled
from ..models.stage import Resources
from ..models.trackers import TRACKERS
from .direction import DirectedTrack
from .failure_mixture import SmoothTrack
from .gates import GATES, Candidate
from .presets import PseudoLabelConfig
from .segments import Segment
from .smoothers import SMOOTHERS, Smoother

NEAR: Final = 10.0  # confidence is the chance of an error under this, in pixels of a picture REFERENCE_WIDTH wide


@dataclass(frozen=True, eq=False)
class DenseTrack:
    """A segment's answer for its inner frames: frames (T,); xy (T, 2) and covariance (T, 2, 2) pixels; visible (T,).

    confidence (T,): chance, by the covariance, of an error under NEAR. reasons: why a frame is not trusted, "" where it
    is. forward, backward (T, 2): the raw tracks, NaN where there is none. xy is NaN where nothing can be said at all.
    """

    frames: tuple[int, ...]
    xy: np.ndarray
    covariance: np.ndarray
    visible: np.ndarray
    confidence: np.ndarray
    reasons: tuple[str, ...]
    forward: np.ndarray
    backward: np.ndarray

    @property
    def trusted(self) -> np.ndarray:
        """(T,) bool."""
        return np.array([not reason for reason in self.reasons], bool)


@dataclass(frozen=True, eq=False)
class Encoded:
    """One frame as the stages need it: gray (H, W) uint8 and the tracker's own view."""

    gray: np.ndarray
    view: Any


class Densifier:
    """The stages of one configuration, ready to work."""

    def __init__(self, config: PseudoLabelConfig, resources: Resources) -> None:
        self._tracker: PointTracker = TRACKERS[config.tracker].build(resources)
        self._smoother: Smoother = SMOOTHERS[config.smoother].build(resources)
        self._gates = [GATES[name] for name in config.gates]
        self._keypoints = CornerDetector()

    def encode(self, frame: np.ndarray) -> Encoded:
        """An RGB frame (H, W, 3) uint8, made ready once for every segment that holds it."""
        import cv2

        return Encoded(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), self._tracker.encode(frame))

    def densify(self, segment: Segment, encoded: Mapping[int, Encoded], size: ImageSize) -> DenseTrack:
        """Label the segment's inner frames. encoded: each of the segment's frames."""
        if segment.start is None and segment.end is None:
            return _nothing(segment)
        images = [encoded[frame] for frame in segment.frames]
        forward = self._directed(images, segment.start, backward=False)
        backward = self._directed(images, segment.end, backward=True)
        track = _smoothed(self._smoother, segment, forward, backward, size.width)
        candidate = Candidate(segment, size, track, forward, backward)
        reasons = [next(filter(None, all_of), "") for all_of in zip(*(g(candidate) for g in self._gates), strict=True)]
        return _inner(candidate, reasons)

    def _directed(
        self, images: Sequence[Encoded], start: tuple[float, float] | None, *, backward: bool
    ) -> DirectedTrack | None:
        if start is None:
            return None
        order = images[::-1] if backward else images
        point = np.array(start, np.float32)
        points = np.vstack([point[None], self._keypoints.detect(order[0].gray, point)])
        tracks = self._tracker.track([image.view for image in order], points)
        return DirectedTrack.of_target(tracks, backward=backward)


def _smoothed(
    smoother: Smoother,
    segment: Segment,
    forward: DirectedTrack | None,
    backward: DirectedTrack | None,
    width: int,
) -> SmoothTrack:
    """Smooth in the order of time, or against it where only the last label is there to begin from."""
    variance = segment.label_variance
    if forward is not None:
        last = None if segment.end is None else np.array(segment.end)
        return smoother.smooth(np.array(segment.start), last, forward, backward, width=width, label_variance=variance)
    if backward is None:
        raise ValueError("a segment without a visible label has nothing to smooth")
    track = smoother.smooth(
        np.array(segment.end), None, backward.reversed(), None, width=width, label_variance=variance
    )
    return replace(
        track,
        xy=track.xy[::-1],
        covariance=track.covariance[::-1],
        hidden=track.hidden[::-1],
        forward_holds=track.backward_holds[::-1],
        backward_holds=track.forward_holds[::-1],
    )


def _inner(candidate: Candidate, reasons: Sequence[str]) -> DenseTrack:
    """Leave the anchors out."""
    segment, track = candidate.segment, candidate.track
    keep = np.isin(segment.frames, segment.inner)
    spread = np.trace(track.covariance, axis1=1, axis2=2) / 2
    confidence = 1 - np.exp(-(scaled(NEAR, candidate.size.width) ** 2) / (2 * spread))
    return DenseTrack(
        frames=segment.inner,
        xy=track.xy[keep],
        covariance=track.covariance[keep],
        visible=~track.hidden[keep],
        confidence=confidence[keep],
        reasons=tuple(reason for reason, kept in zip(reasons, keep, strict=True) if kept),
        forward=_raw(candidate.forward, keep),
        backward=_raw(candidate.backward, keep),
    )


def _raw(track: DirectedTrack | None, keep: np.ndarray) -> np.ndarray:
    return np.full((int(keep.sum()), 2), np.nan) if track is None else track.xy[keep]


def _nothing(segment: Segment) -> DenseTrack:
    """Between two labels that say `not visible`."""
    frames = segment.inner
    n = len(frames)
    unknown = np.full((n, 2), np.nan)
    reasons = ("labelled as not visible on both sides",) * n
    return DenseTrack(
        frames, unknown, np.full((n, 2, 2), np.nan), np.zeros(n, bool), np.zeros(n), reasons, unknown, unknown
    )
