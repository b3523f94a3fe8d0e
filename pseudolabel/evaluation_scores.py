"""Scores over frames: errors, what the stated uncertainty is worth, and intervals over patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..models.point_tracker import REFERENCE_WIDTH
from .accuracy import ENGINE, ScoredFrames, plain_reason

LIMITS: Final = (5, 10, 25, 50)  # pixels; BleedOrigin 5.1 has 10, 25, 50, 75 and 100
LEVELS: Final = (0.5, 0.9, 0.95)
LEAST_PATIENTS: Final = 5  # below which resampling patients says nothing
_RESAMPLES: Final = 2000
_GAPS: Final = (15, 30, 60, 120)


@dataclass(frozen=True)
class Score:
    """Errors of n frames, pixels; NaN where n is 0. within: share of frames at most LIMITS away (BleedOrigin, Eq. 11).

    mean: Eq. 12. low, high: the mean's 95 % interval over patients, NaN below LEAST_PATIENTS of them.
    """

    n: int
    mean: float
    low: float
    high: float
    median: float
    rms: float
    within: tuple[float, ...]


@dataclass(frozen=True)
class Calibration:
    """What a stated covariance is worth over n frames. coverage: share of frames inside the ellipses of LEVELS.

    nees: mean squared error in units of the covariance, 2 where it is right; above, it claims too much. NaN for n = 0.
    """

    n: int
    coverage: tuple[float, ...]
    nees: float


@dataclass(frozen=True)
class WayScores:
    """One way over all frames and over those the engine keeps. px: of the clips; reference: of a picture 1240 wide.

    ratio: the engine's mean error over this way's on the same frames, reference pixels.
    """

    px: Score
    reference: Score
    calibration: Calibration
    ratio: float


@dataclass(frozen=True)
class Group:
    """A set of frames. ways: by name, then `all` and `kept`."""

    clips: int
    patients: int
    frames: int
    kept: int
    ways: Mapping[str, Mapping[str, WayScores]]


def score_group(frames: ScoredFrames, patients: Mapping[str, str]) -> Group:
    """Score every way. patients: by clip."""
    owner = np.array([patients[clip] for clip in frames.clip], np.str_)
    kept = frames.where(frames.kept)
    ways = {
        way: {"all": _way(frames, way, owner), "kept": _way(kept, way, owner[frames.kept])} for way in frames.distance
    }
    clips = len(np.unique(frames.clip))
    return Group(clips, len(np.unique(owner)), len(frames), len(kept), ways)


def without_repeats(groups: Mapping[str, Group]) -> dict[str, Group]:
    """The groups but for the clips of a scenario `alone`, where they are all that have it."""
    whole = {f"{name}, alone": group.clips for name, group in groups.items()}
    return {name: group for name, group in groups.items() if whole.get(name) != group.clips}


def by_scenario(frames: ScoredFrames, scenarios: Mapping[str, Sequence[str]]) -> dict[str, np.ndarray]:
    """Masks (N,) by scenario: of its clips, and of those that have no other (`alone`). scenarios: by clip."""
    masks = {}
    for name in sorted({name for clip in np.unique(frames.clip) for name in scenarios[clip]}):
        has = np.array([name in scenarios[clip] for clip in frames.clip])
        alone = np.array([tuple(scenarios[clip]) == (name,) for clip in frames.clip])
        masks[name] = has
        if alone.any():
            masks[f"{name}, alone"] = alone
    return masks


def by_gap(frames: ScoredFrames) -> dict[str, np.ndarray]:
    """Masks (N,) by the number of frames from one label to the next."""
    edges = (0, *_GAPS, np.iinfo(np.int32).max)
    names = [f"{low + 1} to {high}" for low, high in zip(edges, _GAPS, strict=False)] + [f"over {_GAPS[-1]}"]
    masks = {
        name: (frames.gap > low) & (frames.gap <= high)
        for name, low, high in zip(names, edges[:-1], edges[1:], strict=True)
    }
    return {name: mask for name, mask in masks.items() if mask.any()}


def by_reason(frames: ScoredFrames) -> dict[str, np.ndarray]:
    """Masks (N,) of the frames that are not kept, by why, most frequent first."""
    reasons = np.array([plain_reason(reason) for reason in frames.reason], np.str_)
    names, counts = np.unique(reasons[~frames.kept], return_counts=True)
    return {str(names[i]): reasons == names[i] for i in np.argsort(-counts, kind="stable")}


def in_reference_px(distance: np.ndarray, frames: ScoredFrames) -> np.ndarray:
    """Distances (N,) of clip pixels in pixels of a picture REFERENCE_WIDTH wide."""
    return distance * REFERENCE_WIDTH / frames.width


def score(distance: np.ndarray, owner: np.ndarray) -> Score:
    """Score (N,) distances; owner (N,): whose frame each is. Frames without an answer (NaN) do not count."""
    owner, distance = owner[np.isfinite(distance)], distance[np.isfinite(distance)]
    n = len(distance)
    if not n:
        nan = float("nan")
        return Score(0, nan, nan, nan, nan, nan, (nan,) * len(LIMITS))
    low, high = mean_interval(distance, owner)
    within = tuple(float(np.mean(distance <= limit)) for limit in LIMITS)
    rms = float(np.sqrt(np.mean(distance**2)))
    return Score(n, float(distance.mean()), low, high, float(np.median(distance)), rms, within)


def mean_interval(values: np.ndarray, owner: np.ndarray) -> tuple[float, float]:
    """95 % interval of the mean of (N,) values by resampling whole patients (cluster bootstrap, percentiles).

    Frames of one patient are alike, so an interval over frames would be far too narrow. Always the same draws.
    """
    names, place = np.unique(owner, return_inverse=True)
    if len(names) < LEAST_PATIENTS:
        return float("nan"), float("nan")
    total, count = np.bincount(place, values), np.bincount(place)
    drawn = np.random.default_rng(0).integers(0, len(names), (_RESAMPLES, len(names)))
    means = total[drawn].sum(1) / count[drawn].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def calibration(squared: np.ndarray) -> Calibration:
    """Judge (N,) squared Mahalanobis distances; NaN does not count.

    In the plane the ellipse of level p is where the squared distance is at most -2 ln(1 - p).
    """
    squared = squared[np.isfinite(squared)]
    if not len(squared):
        return Calibration(0, (float("nan"),) * len(LEVELS), float("nan"))
    coverage = tuple(coverage_at(squared, level) for level in LEVELS)
    return Calibration(len(squared), coverage, float(squared.mean()))


def coverage_at(squared: np.ndarray, level: float) -> float:
    """Share of (N,) squared Mahalanobis distances inside the ellipse of that level; NaN where N is 0."""
    return float(np.mean(squared <= -2 * np.log1p(-level))) if len(squared) else float("nan")


def _way(frames: ScoredFrames, way: str, owner: np.ndarray) -> WayScores:
    distance = frames.distance[way]
    mine = in_reference_px(distance, frames)
    both = np.isfinite(distance) & np.isfinite(frames.distance[ENGINE])
    engine = in_reference_px(frames.distance[ENGINE], frames)[both]
    return WayScores(
        score(distance, owner),
        score(mine, owner),
        calibration(frames.squared[way]),
        float(engine.mean() / mine[both].mean()) if both.any() and mine[both].any() else float("nan"),
    )
