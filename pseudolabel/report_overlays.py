"""Pictures of a clip with its labels and dense tracks drawn in, for people to judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from ..datasets.cohort import Cohort
from ..datasets.media import iter_images
from .dense_track import DenseTrack
from .picture_marks import Canvas, Colour
from .segments import Segment

COLOURS: Final = ((64, 224, 255), (120, 255, 120), (255, 214, 80), (232, 150, 255))  # RGB, by target
FLAGGED: Final = (255, 48, 48)
_WIDTH: Final = 560
_EVENLY: Final = 9
_FLAGGED_MOST: Final = 3
_TRAIL: Final = 20
_KEYPOINT: Final = (255, 255, 255)


@dataclass(frozen=True)
class Overlay:
    """One picture: JPEG bytes, and what to say below it."""

    frame: int
    jpeg: bytes
    caption: str
    flagged: bool


@dataclass(frozen=True)
class _Mark:
    """A target in one frame: a human label (covariance None) or the engine's answer."""

    xy: np.ndarray
    covariance: np.ndarray | None = None
    reason: str = ""
    hidden: bool = False


def overlays(cohort: Cohort, clip_id: str, results: Sequence[tuple[Segment, DenseTrack]]) -> list[Overlay]:
    """A strip of the clip: frames evenly spaced, and the middle of the longest flagged stretches."""
    marks, keypoints = _marks(results), _keypoints(results)
    wanted = _chosen(marks)
    return [
        Overlay(frame, _drawn(image, frame, marks, keypoints), _caption(frame, marks), _any_flagged(frame, marks))
        for frame, image in iter_images(cohort, clip_id, wanted)
    ]


def _marks(results: Sequence[tuple[Segment, DenseTrack]]) -> dict[str, dict[int, _Mark]]:
    """By target and frame."""
    marks: dict[str, dict[int, _Mark]] = {}
    for segment, track in results:
        of_target = marks.setdefault(segment.target, {})
        for anchor in (segment.before, segment.after):
            if anchor is not None and anchor.xy is not None:
                of_target[anchor.frame] = _Mark(np.array(anchor.xy))
        for i, frame in enumerate(track.frames):
            if np.isfinite(track.xy[i]).all():
                of_target[frame] = _Mark(track.xy[i], track.covariance[i], track.reasons[i], not track.visible[i])
    return dict(sorted(marks.items()))


def _keypoints(results: Sequence[tuple[Segment, DenseTrack]]) -> dict[int, np.ndarray]:
    """Visible pseudo-keypoints of all targets by frame: (N, 2) pixels."""
    found: dict[int, list[np.ndarray]] = {}
    for _, track in results:
        for i, frame in enumerate(track.frames if len(track.keypoints) else ()):
            shown = track.keypoints.visible[:, i] & np.isfinite(track.keypoints.xy[:, i, 0])
            found.setdefault(frame, []).append(track.keypoints.xy[shown, i])
    return {frame: np.concatenate(parts) for frame, parts in found.items()}


def _chosen(marks: Mapping[str, Mapping[int, _Mark]]) -> list[int]:
    frames = sorted({frame for of_target in marks.values() for frame in of_target})
    if not frames:
        return []
    evenly = {frames[i] for i in np.linspace(0, len(frames) - 1, _EVENLY).round().astype(int)}
    flagged = [frame for frame in frames if _any_flagged(frame, marks)]
    stretches = np.split(np.array(flagged), np.flatnonzero(np.diff(flagged) > 1) + 1) if flagged else []
    longest = sorted(stretches, key=len, reverse=True)[:_FLAGGED_MOST]
    return sorted(evenly | {int(stretch[len(stretch) // 2]) for stretch in longest})


def _any_flagged(frame: int, marks: Mapping[str, Mapping[int, _Mark]]) -> bool:
    return any(frame in of_target and bool(of_target[frame].reason) for of_target in marks.values())


def _caption(frame: int, marks: Mapping[str, Mapping[int, _Mark]]) -> str:
    said = []
    for target, of_target in marks.items():
        mark = of_target.get(frame)
        if mark is None:
            said.append(f"{target}: no position")
        elif mark.covariance is None:
            said.append(f"{target}: human label")
        elif mark.reason:
            said.append(f"{target} flagged: {mark.reason}")
        else:
            how = ", hidden, carried by its neighbours" if mark.hidden else ""
            said.append(f"{target}: ± {np.sqrt(np.trace(mark.covariance) / 2):.1f} px{how}")
    return f"Frame {frame} · " + " · ".join(said)


def _drawn(
    image: np.ndarray, frame: int, marks: Mapping[str, Mapping[int, _Mark]], keypoints: Mapping[int, np.ndarray]
) -> bytes:
    """The RGB picture at the strip's width, with every target and keypoint drawn in, as JPEG."""
    canvas = Canvas(image, _WIDTH)
    for xy in keypoints.get(frame, ()):
        canvas.dot(xy, _KEYPOINT, radius=1)
    for index, of_target in enumerate(marks.values()):
        colour = COLOURS[index % len(COLOURS)]
        _draw_trail(canvas, [of_target.get(f) for f in range(frame - _TRAIL, frame + 1)], colour)
        if frame in of_target:
            _draw_mark(canvas, of_target[frame], colour)
    return canvas.jpeg()


def _draw_trail(canvas: Canvas, marks: Sequence[_Mark | None], colour: Colour) -> None:
    """Where the target came from; broken where it was flagged."""
    for before, now in pairwise(marks):
        if before is not None and now is not None and not before.reason and not now.reason:
            canvas.line(before.xy, now.xy, colour)


def _draw_mark(canvas: Canvas, mark: _Mark, colour: Colour) -> None:
    """A cross for a human label; a dot (a ring where hidden) in its 90 % ellipse; a red ring for a flagged one."""
    if mark.covariance is None:
        canvas.cross(mark.xy, colour)
    elif mark.reason:
        canvas.ring(mark.xy, FLAGGED)
    else:
        canvas.ellipse(mark.xy, mark.covariance, colour)
        canvas.dot(mark.xy, colour, hollow=mark.hidden)
