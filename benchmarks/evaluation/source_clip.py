"""The source in the true first bleeding frame, one picture a clip (BleedOrigin 4.3, evaluation mode)."""

import math
from collections.abc import Iterator

from .clip_frames import ClipFrames
from .clip_rows import Row, answered_point, share, true_point
from .clip_truth import NEVER, ClipTruth
from .prediction_clock import PredictionClock
from .predictors import SourceFound, SourcePredictor


def lacks(truth: ClipTruth) -> str:
    """What a clip would need to be scored; "" for nothing."""
    if truth.onset == NEVER:
        return "bleeding"
    if picture_frame(truth) is not None:
        return ""
    return "a visible point label" if truth.onset is None else "a visible point label on its onset frame"


def ask(frames: ClipFrames, truth: ClipTruth, predictor: SourcePredictor, clock: PredictionClock) -> Iterator[Row]:
    """One row. Raises ValueError for an answer that is no point."""
    frame = picture_frame(truth)
    if frame is None:
        return
    rgb = frames.picture(frame, clock)
    with clock.asked(frames=1):
        found = predictor.source(rgb)
    yield row(truth, frame, found)


def picture_frame(truth: ClipTruth) -> int | None:
    """The onset frame, if the source is labelled there; without an onset label the first with a visible source."""
    seen = truth.seen()
    first = truth.onset if truth.onset is not None else next(iter(seen), None)
    return first if first in seen else None


def row(truth: ClipTruth, frame: int, found: SourceFound) -> Row:
    """A model that names no place does not see the source."""
    return {
        "frame": frame,
        **answered_point(found.xy),
        "visible": not any(math.isnan(value) for value in found.xy),
        "confidence": share(found.confidence),
        **true_point(truth.points[frame]),
        "is_query": False,
    }
