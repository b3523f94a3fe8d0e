"""The kept frames with the largest errors, drawn so that a person sees what went wrong."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from ..datasets.cohort import Cohort
from ..datasets.media import iter_images
from .accuracy import ENGINE, ScoredFrames
from .evaluation_scores import in_reference_px
from .picture_marks import Canvas
from .report_html import figure

_MOST: Final = 9
_WIDTH: Final = 560
_PART: Final = 0.25  # of the frame's width, or all that lies between the two points
_TRUTH: Final = (255, 255, 255)
_ENGINE: Final = (64, 224, 255)


def worst_kept(frames: ScoredFrames) -> ScoredFrames:
    """The worst kept frame of each clip, target and gap, largest error first, a handful at most."""
    error = np.where(frames.kept, in_reference_px(frames.distance[ENGINE], frames), -1)
    found: dict[tuple[str, str, int], int] = {}
    for row in np.argsort(-error, kind="stable"):
        start = int(frames.frame[row] - round(frames.position[row] * frames.gap[row])) if frames.gap[row] else -1
        if error[row] >= 0:
            found.setdefault((str(frames.clip[row]), str(frames.target[row]), start), int(row))
    return frames.where(np.array(list(found.values())[:_MOST], int))


def draw_worst(cohort: Cohort, worst: ScoredFrames) -> Iterator[str]:
    """A captioned picture of each frame, as HTML. Raises BleedkitError where one cannot be read any more."""
    pictures = {}
    for clip_id in dict.fromkeys(worst.clip.tolist()):
        rows = np.flatnonzero(worst.clip == clip_id)
        for frame, image in iter_images(cohort, clip_id, set(worst.frame[rows].tolist())):
            for row in rows[worst.frame[rows] == frame]:
                pictures[int(row)] = _drawn(image, worst, int(row))
    for row in sorted(pictures):
        yield figure(pictures[row], _caption(worst, row))


def _drawn(image: np.ndarray, worst: ScoredFrames, row: int) -> bytes:
    """The part of an RGB frame around the two points: a cross where it is, a dot in its ellipse where we said."""
    truth, said = worst.reference[row], worst.xy[row]
    height, width = image.shape[:2]
    side = min(max(_PART * width, 1.5 * np.abs(truth - said).max()), width, height * 4 / 3)
    x0 = int(np.clip((truth + said)[0] / 2 - side / 2, 0, width - side))
    y0 = int(np.clip((truth + said)[1] / 2 - side * 3 / 8, 0, max(0, height - side * 3 / 4)))
    part = np.ascontiguousarray(image[y0 : y0 + int(side * 3 / 4), x0 : x0 + int(side)])
    canvas = Canvas(part, _WIDTH, (x0, y0))
    canvas.line(truth, said, _TRUTH)
    canvas.ellipse(said, worst.covariance[row], _ENGINE)
    canvas.dot(said, _ENGINE)
    canvas.cross(truth, _TRUTH)
    return canvas.jpeg()


def _caption(worst: ScoredFrames, row: int) -> str:
    error = in_reference_px(worst.distance[ENGINE], worst)[row]
    spread = in_reference_px(np.sqrt(np.trace(worst.covariance, axis1=1, axis2=2) / 2), worst)[row]
    place = f"clip {worst.clip[row]} · {worst.target[row]} · frame {worst.frame[row]}"
    sigmas = np.sqrt(worst.squared[ENGINE][row])
    return f"{place} · {error:.1f} px off, stated ± {spread:.1f} px ({sigmas:.1f} of its standard deviations)"
