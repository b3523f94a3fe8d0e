"""One segment from its labels and encoded frames to judged positions: match, propagate, smooth, gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..datasets.schema import ImageSize
from ..models.corner_detector import CornerDetector
from ..models.matcher import Matcher, Matches
from ..models.point_tracker import PointTracker
from ..models.stage import Resources
from .dense_track import DenseTrack, chance_near
from .direction import DirectedTrack
from .gates import GATES, Candidate, long_axis
from .keypoints import KeypointTracks, pseudo_keypoints
from .presets import PseudoLabelConfig, matcher_stage, smoother_stage, tracker_stage
from .segments import Anchor, Segment
from .smooth_track import SmoothTrack


@dataclass(frozen=True, eq=False)
class Encoded:
    """One frame as the stages need it: gray (H, W) uint8, the tracker's own view, and the RGB of a labelled frame."""

    gray: np.ndarray
    view: Any
    rgb: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Propagated:
    """A segment's raw material, the same for every smoother.

    keypoints: the K pseudo-keypoints' places in the first and the last frame. forward, backward: the tracks of the
    target and then of each keypoint, over the segment's frames; empty where there is no label to begin from, or where
    the direction was not asked for.
    """

    keypoints: Matches
    forward: tuple[DirectedTrack, ...]
    backward: tuple[DirectedTrack, ...]


class Densifier:
    """The stages of one configuration, each made when it is first needed."""

    def __init__(self, config: PseudoLabelConfig, resources: Resources) -> None:
        self._config, self._resources = config, resources
        self._smoother = smoother_stage(config.smoother).build(resources)
        self._corners = CornerDetector()

    @cached_property
    def _tracker(self) -> PointTracker:
        return tracker_stage(self._config.tracker).build(self._resources)

    @cached_property
    def _matcher(self) -> Matcher:
        return matcher_stage(self._config.matcher).build(self._resources)

    def encode(self, frame: np.ndarray, *, anchor: bool) -> Encoded:
        """An RGB frame (H, W, 3) uint8, made ready once for every segment that holds it.

        anchor: it is labelled, so that the matcher may ask for its colours.
        """
        import cv2

        gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        keep = anchor and bool(self._config.matcher)
        return Encoded(gray, self._tracker.encode(frame), frame if keep else None)

    def densify(self, segment: Segment, encoded: Mapping[int, Encoded], size: ImageSize) -> DenseTrack:
        """Label the segment's inner frames. encoded: each of the segment's frames."""
        return self.settle(segment, self.propagate(segment, encoded, size), size)

    def propagate(self, segment: Segment, encoded: Mapping[int, Encoded], size: ImageSize) -> Propagated:
        """Match and track: all that needs the pictures."""
        images = [encoded[frame] for frame in segment.frames]
        matches = self._matches(segment, images, size.width)
        both = self._smoother.both_directions or segment.start is None
        return Propagated(
            matches,
            self._directed(images, segment.before, matches.first, backward=False),
            self._directed(images, segment.after, matches.second, backward=True) if both else (),
        )

    def settle(self, segment: Segment, propagated: Propagated, size: ImageSize) -> DenseTrack:
        """Smooth and judge: all that needs the tracks only."""
        if segment.start is None and segment.end is None:
            return _nothing(segment)
        labels, width = (segment.start, segment.end), size.width
        track = self._smoothed(labels, propagated, 0, width, segment.label_variance)
        variance = self._config.keypoints.variance(width)
        matches = zip(propagated.keypoints.first, propagated.keypoints.second, strict=True)
        keypoints = [
            self._smoothed(ends, propagated, point, width, variance) for point, ends in enumerate(matches, start=1)
        ]
        forward, backward = (tracks[0] if tracks else None for tracks in (propagated.forward, propagated.backward))
        candidate = Candidate(segment, size, track, forward, backward, keypoints, self._config.limits)
        gates = [GATES[name](candidate) for name in self._config.gates]
        reasons = [next(filter(None, why), "") for why in zip(*gates, strict=True)] or [""] * len(segment.frames)
        return self._inner(candidate, reasons)

    def _matches(self, segment: Segment, images: Sequence[Encoded], width: int) -> Matches:
        if not self._config.matcher or segment.start is None or segment.end is None:
            return Matches.none()
        first, last = images[0].rgb, images[-1].rgb
        if first is None or last is None:
            raise ValueError("the frames of a segment's labels must be encoded as anchors")
        labels = segment.start, segment.end
        return pseudo_keypoints(self._matcher, self._config.keypoints, (first, last), labels, width)

    def _directed(
        self, images: Sequence[Encoded], anchor: Anchor | None, keypoints: np.ndarray, *, backward: bool
    ) -> tuple[DirectedTrack, ...]:
        """Tracks of the target and its keypoints (K, 2); corners go along as neighbours where the config says so."""
        if anchor is None or anchor.xy is None:
            return ()
        order = images[::-1] if backward else images
        point = np.array([anchor.xy], np.float32)
        followed = [point, keypoints]
        if self._config.neighbours:
            followed.append(self._corners.detect(order[0].gray, point[0]))
        tracks = self._tracker.track([image.view for image in order], np.vstack(followed))
        doubts = [anchor.doubt, *[1.0] * len(keypoints)]
        return tuple(
            DirectedTrack.of_point(tracks, i, backward=backward, label_doubt=doubt) for i, doubt in enumerate(doubts)
        )

    def _smoothed(
        self, ends: Sequence[Any], propagated: Propagated, point: int, width: int, variance: float
    ) -> SmoothTrack:
        """One point's tracks between its two ends; against the order of time where only the last is known."""
        first, last = (None if end is None else np.asarray(end, float) for end in ends)
        forward = propagated.forward[point] if propagated.forward else None
        backward = propagated.backward[point] if propagated.backward else None
        if forward is not None and first is not None:
            used = backward if self._smoother.both_directions else None
            return self._smoother.smooth(first, last, forward, used, width=width, label_variance=variance)
        if backward is None or last is None:
            raise ValueError("a segment without a visible label has nothing to smooth")
        turned = self._smoother.smooth(last, None, backward.reversed(), None, width=width, label_variance=variance)
        return turned.reversed()

    def _inner(self, candidate: Candidate, reasons: Sequence[str]) -> DenseTrack:
        """Leave the anchors out."""
        segment, track = candidate.segment, candidate.track
        keep = np.isin(segment.frames, segment.inner)
        return DenseTrack(
            frames=segment.inner,
            xy=track.xy[keep],
            covariance=track.covariance[keep],
            visible=~track.hidden[keep],
            confidence=chance_near(track.covariance[keep], candidate.size.width),
            reasons=tuple(reason for reason, kept in zip(reasons, keep, strict=True) if kept),
            forward=_raw(candidate.forward, keep),
            backward=_raw(candidate.backward, keep),
            keypoints=self._keypoints(candidate, keep),
        )

    def _keypoints(self, candidate: Candidate, keep: np.ndarray) -> KeypointTracks:
        """The keypoints' inner frames; not trusted outside the picture, nor where sigma is a gate they do not pass."""
        tracks = candidate.keypoints
        if not tracks:
            return KeypointTracks.none(int(keep.sum()))
        covariance = np.stack([track.covariance[keep] for track in tracks])
        xy = np.stack([track.xy[keep] for track in tracks])
        inside: np.ndarray = np.all((xy >= 0) & (xy < (candidate.size.width, candidate.size.height)), axis=-1)
        doubted = ~inside
        if "sigma" in self._config.gates:
            doubted |= long_axis(covariance) > candidate.pixels(self._config.limits.sigma)
        visible = ~np.stack([track.hidden[keep] for track in tracks])
        trusted = np.where(doubted[..., None], np.nan, xy)
        return KeypointTracks(trusted, covariance, visible, chance_near(covariance, candidate.size.width))


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
