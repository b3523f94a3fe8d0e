"""How far the engine, and simpler ways beside it, are from where the point is known to be, frame by frame."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from .dense_track import DenseTrack
from .known_truth import TargetTruth
from .nees import nees
from .segments import Anchor, Segment

ENGINE: Final = "engine"
RAW: Final = "raw"
LINEAR: Final = "linear"
HOLD_STILL: Final = "hold_still"


@dataclass(frozen=True, eq=False)
class Way:
    """What one way says of a segment's inner frames: xy (T, 2) pixels; covariance (T, 2, 2), None where it has none."""

    xy: np.ndarray
    covariance: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Reference:
    """Where the point is in a segment's inner frames: xy (T, 2) pixels, known (T,) bool.

    variance: per axis, of xy itself: 0 for exact truth.
    """

    xy: np.ndarray
    known: np.ndarray
    variance: float = 0.0


@dataclass(frozen=True, eq=False)
class ScoredFrames:
    """N frames of targets whose place is known; every array is (N, ...), pixels of the clip's own frames.

    gap: frames from the label before to the label after, 0 where one is missing. position: 0 at the label before, 1 at
    the one after, NaN likewise. width: of the picture. reference (N, 2). xy (N, 2), covariance (N, 2, 2): the engine's.
    kept bool: it trusts the frame; reason: why not. distance, squared: by way, the error and its square in units of the
    way's own covariance; NaN where it has no answer or states no covariance.
    """

    clip: np.ndarray
    target: np.ndarray
    frame: np.ndarray
    gap: np.ndarray
    position: np.ndarray
    width: np.ndarray
    reference: np.ndarray
    xy: np.ndarray
    covariance: np.ndarray
    kept: np.ndarray
    reason: np.ndarray
    distance: Mapping[str, np.ndarray]
    squared: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, mask: np.ndarray) -> "ScoredFrames":
        """The frames of a (N,) bool mask."""
        return ScoredFrames(**{f.name: _each(lambda values: values[mask], getattr(self, f.name)) for f in fields(self)})


def joined(parts: Sequence[ScoredFrames]) -> ScoredFrames:
    """All frames of the parts, of which there is at least one, in their order."""
    columns: dict[str, Any] = {}
    for field in fields(ScoredFrames):
        values = [getattr(part, field.name) for part in parts]
        if isinstance(values[0], Mapping):
            columns[field.name] = {name: np.concatenate([value[name] for value in values]) for name in values[0]}
        else:
            columns[field.name] = np.concatenate(values)
    return ScoredFrames(**columns)


def score_segment(
    segment: Segment, track: DenseTrack, ways: Mapping[str, Way], reference: Reference, width: int
) -> ScoredFrames:
    """The known frames of a segment. track: the engine's; ways: what else is compared on the same frames."""
    frames = np.array(track.frames)
    every = {**ways, ENGINE: Way(track.xy, track.covariance)}
    gap = segment.after.frame - segment.before.frame if segment.before and segment.after else 0
    start = segment.before.frame if segment.before else 0
    return ScoredFrames(
        clip=np.full(len(frames), segment.clip_id),
        target=np.full(len(frames), segment.target),
        frame=frames.astype(np.int32),
        gap=np.full(len(frames), gap, np.int32),
        position=(frames - start) / gap if gap else np.full(len(frames), np.nan),
        width=np.full(len(frames), width, np.int32),
        reference=reference.xy,
        xy=track.xy,
        covariance=track.covariance,
        kept=track.trusted,
        reason=np.array(track.reasons, np.str_),
        distance={name: np.linalg.norm(way.xy - reference.xy, axis=1) for name, way in every.items()},
        squared={name: _squared(way, reference) for name, way in every.items()},
    ).where(reference.known)


def from_truth(segment: Segment, truth: TargetTruth) -> Reference:
    """Exact positions, known where a person could point at the target."""
    frames = np.array(segment.inner, int)
    return Reference(truth.xy[frames], truth.visible[frames])


def from_labels(segment: Segment, labels: Mapping[int, Anchor], variance: float) -> Reference:
    """Human labels the engine was not shown, by frame; variance: of each, per axis, pixels squared."""
    said = [labels[frame].xy if frame in labels else None for frame in segment.inner]
    xy = np.array([(np.nan, np.nan) if place is None else place for place in said], float).reshape(-1, 2)
    return Reference(xy, np.isfinite(xy[:, 0]), variance)


def hold_still(segment: Segment) -> Way:
    """The label before, held; the one after where there is none before."""
    _, xy = _labels(segment)
    return Way(np.tile(xy[0] if len(xy) else np.full(2, np.nan), (len(segment.inner), 1)))


def linear(segment: Segment) -> Way:
    """The straight line between the labels, or the one label held."""
    at, xy = _labels(segment)
    if not at:
        return hold_still(segment)
    return Way(np.stack([np.interp(segment.inner, at, xy[:, axis]) for axis in range(2)], -1))


def plain_reason(reason: str) -> str:
    """A reason without its numbers, so that like joins like."""
    return re.sub(r"\d+(\.\d+)?", "N", reason)


def _labels(segment: Segment) -> tuple[list[int], np.ndarray]:
    """Frames and places (N, 2) of the visible labels at its ends."""
    ends = [anchor for anchor in (segment.before, segment.after) if anchor is not None and anchor.xy is not None]
    return [anchor.frame for anchor in ends], np.array([anchor.xy for anchor in ends], float).reshape(-1, 2)


def _squared(way: Way, reference: Reference) -> np.ndarray:
    """Squared Mahalanobis distance (T,), the reference's own variance included; NaN where there is no covariance."""
    if way.covariance is None:
        return np.full(len(way.xy), np.nan)
    return nees(way.xy - reference.xy, way.covariance + reference.variance * np.eye(2))


def _each(change: Any, values: Any) -> Any:
    """A change to an array, or to each of a mapping's."""
    return {name: change(one) for name, one in values.items()} if isinstance(values, Mapping) else change(values)
