"""How right a run is: against exact truth where there is one, and against human labels it was not shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..datasets.moving_texture import Truth
from .densify import DenseTrack
from .segments import Segment

LEVELS: Final = (0.5, 0.9, 0.95)
ENGINE: Final = "engine"
FORWARD: Final = "forward track alone"
LINEAR: Final = "linear interpolation"


@dataclass(frozen=True, eq=False)
class FrameErrors:
    """N frames of targets that have a reference. distance: by method, (N,) pixels, NaN where the method has no answer.

    mahalanobis (N,): the engine's squared error in units of its own covariance; trusted (N,) bool: the engine kept it.
    """

    distance: Mapping[str, np.ndarray]
    mahalanobis: np.ndarray
    trusted: np.ndarray

    def coverage(self, level: float) -> float:
        """Share of trusted frames whose reference lies in the engine's ellipse of that level; NaN where none.

        In the plane the ellipse of level p is where the squared Mahalanobis distance is under -2 ln(1 - p).
        """
        return _share(self.mahalanobis[self.trusted] <= -2 * np.log1p(-level))

    def of(self, method: str, *, kept: bool) -> np.ndarray:
        """Distances of a method over all frames it answers, or (kept) over those the engine trusts."""
        distance = self.distance[method]
        return distance[np.isfinite(distance) & (self.trusted if kept else True)]


def against_truth(results: Sequence[tuple[Segment, DenseTrack]], truths: Mapping[str, Truth]) -> FrameErrors | None:
    """Errors where the clip has exact truth and people could point at it; None where no clip has.

    truths: by clip. Targets are counted in the order of their names, which is that of the truth's points.
    """
    places = _target_places(results)
    parts = []
    for segment, track in results:
        truth = truths.get(segment.clip_id)
        if truth is not None and track.frames:
            point = places[segment.clip_id].index(segment.target)
            frames = np.array(track.frames)
            seen = truth.visible[frames, point]
            parts.append(_errors(segment, track, truth.xy[frames, point].astype(float), seen))
    return _joined(parts) if parts else None


def against_hidden_labels(checks: Sequence[tuple[Segment, DenseTrack]]) -> FrameErrors | None:
    """Errors at labels that were hidden from the engine: its number on data without truth; None where there are none.

    Harder than its real work, as the gap across a hidden label is twice as long. The label's own error counts in the
    coverage.
    """
    parts = []
    for segment, track in checks:
        hidden = segment.hidden_label
        if hidden is None or hidden.xy is None:
            raise ValueError("a check hides a visible label")
        here = np.array(track.frames) == hidden.frame
        reference = np.broadcast_to(np.array(hidden.xy), (len(here), 2))
        parts.append(_errors(segment, track, reference, here, segment.label_variance))
    return _joined(parts) if parts else None


def linear(segment: Segment, frames: np.ndarray) -> np.ndarray:
    """Straight lines between the labels, or the one label held: (T, 2) pixels."""
    known = [anchor for anchor in (segment.before, segment.after) if anchor is not None and anchor.xy is not None]
    at = [anchor.frame for anchor in known]
    xy = np.array([anchor.xy for anchor in known], float).reshape(-1, 2)
    if not known:
        return np.full((len(frames), 2), np.nan)
    return np.stack([np.interp(frames, at, xy[:, axis]) for axis in range(2)], -1)


def _target_places(results: Sequence[tuple[Segment, DenseTrack]]) -> dict[str, list[str]]:
    names: dict[str, set[str]] = {}
    for segment, _ in results:
        names.setdefault(segment.clip_id, set()).add(segment.target)
    return {clip_id: sorted(targets) for clip_id, targets in names.items()}


def _errors(
    segment: Segment, track: DenseTrack, reference: np.ndarray, use: np.ndarray, reference_variance: float = 0.0
) -> FrameErrors:
    """Of the frames in `use` (T,) bool; reference (T, 2) pixels, with its own variance per axis."""
    methods = {ENGINE: track.xy, FORWARD: track.forward, LINEAR: linear(segment, np.array(track.frames))}
    distance = {name: np.linalg.norm(xy - reference, axis=1)[use] for name, xy in methods.items()}
    known = np.isfinite(track.xy[:, 0])
    off = np.where(known[:, None], track.xy - reference, 0)
    covariance = np.where(known[:, None, None], track.covariance, 0.0) + reference_variance * np.eye(2)
    covariance[~known] = np.eye(2)
    squared = np.einsum("ti,tij,tj->t", off, np.linalg.inv(covariance), off)
    return FrameErrors(distance, np.where(known, squared, np.nan)[use], track.trusted[use])


def _joined(parts: Sequence[FrameErrors]) -> FrameErrors:
    return FrameErrors(
        {name: np.concatenate([part.distance[name] for part in parts]) for name in parts[0].distance},
        np.concatenate([part.mahalanobis for part in parts]),
        np.concatenate([part.trusted for part in parts]),
    )


def _share(hit: np.ndarray) -> float:
    return float(hit.mean()) if hit.size else float("nan")
