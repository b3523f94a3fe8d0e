"""Pictures of a clip with its labels and dense tracks drawn in, for people to judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from ..datasets.cohort import Cohort
from ..datasets.media import iter_images
from .densify import DenseTrack
from .segments import Segment

COLOURS: Final = ((64, 224, 255), (120, 255, 120), (255, 214, 80), (232, 150, 255))  # RGB, by target
FLAGGED: Final = (255, 48, 48)
_WIDTH: Final = 560
_EVENLY: Final = 9
_FLAGGED_MOST: Final = 3
_TRAIL: Final = 20
_LEVEL_90: Final = float(np.sqrt(-2 * np.log(0.1)))


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
    marks = _marks(results)
    wanted = _chosen(marks)
    return [
        Overlay(frame, _drawn(image, frame, marks), _caption(frame, marks), _any_flagged(frame, marks))
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


def _drawn(image: np.ndarray, frame: int, marks: Mapping[str, Mapping[int, _Mark]]) -> bytes:
    """The RGB picture, shrunk or grown to the strip's width, with every target drawn in, as JPEG."""
    import cv2

    zoom = _WIDTH / image.shape[1]
    canvas = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC)
    for index, of_target in enumerate(marks.values()):
        colour = COLOURS[index % len(COLOURS)]
        _draw_trail(canvas, [of_target.get(f) for f in range(frame - _TRAIL, frame + 1)], colour, zoom)
        if frame in of_target:
            _draw_mark(canvas, of_target[frame], colour, zoom)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
    if not done:
        raise ValueError(f"OpenCV did not encode a {canvas.shape} picture")
    return data.tobytes()


def _draw_trail(canvas: np.ndarray, marks: Sequence[_Mark | None], colour: tuple[int, int, int], zoom: float) -> None:
    """Where the target came from; broken where it was flagged."""
    import cv2

    for before, now in pairwise(marks):
        if before is not None and now is not None and not before.reason and not now.reason:
            cv2.line(canvas, _at(before.xy, zoom), _at(now.xy, zoom), colour, 1, cv2.LINE_AA, _SHIFT)


def _draw_mark(canvas: np.ndarray, mark: _Mark, colour: tuple[int, int, int], zoom: float) -> None:
    """A cross for a human label; a dot (a ring where hidden) in its 90 % ellipse; a red ring for a flagged one."""
    import cv2

    centre = _at(mark.xy, zoom)
    if mark.covariance is None:
        for shade, width in (((0, 0, 0), 4), (colour, 2)):
            for dx, dy in ((9, 0), (0, 9)):
                ends = (mark.xy * zoom + [dx, dy], mark.xy * zoom - [dx, dy])
                cv2.line(canvas, _at(ends[0], 1), _at(ends[1], 1), shade, width, cv2.LINE_AA, _SHIFT)
        return
    if mark.reason:
        cv2.circle(canvas, centre, 9 << _SHIFT, FLAGGED, 2, cv2.LINE_AA, _SHIFT)
        return
    values, vectors = np.linalg.eigh(mark.covariance)
    axes = tuple(int(v) for v in (_LEVEL_90 * np.sqrt(values[::-1]) * zoom * (1 << _SHIFT)).round())
    angle = float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
    cv2.ellipse(canvas, centre, axes, angle, 0, 360, colour, 1, cv2.LINE_AA, _SHIFT)
    cv2.circle(canvas, centre, 4 << _SHIFT, (0, 0, 0), 2 if mark.hidden else -1, cv2.LINE_AA, _SHIFT)
    cv2.circle(canvas, centre, 3 << _SHIFT, colour, 1 if mark.hidden else -1, cv2.LINE_AA, _SHIFT)


_SHIFT: Final = 4  # OpenCV draws with this many fractional bits


def _at(xy: np.ndarray, zoom: float) -> tuple[int, int]:
    """Our pixels as OpenCV's fixed point: its pixel centres are whole numbers, ours are at + 0.5."""
    x, y = np.round((xy * zoom - 0.5) * (1 << _SHIFT)).astype(int)
    return int(x), int(y)
