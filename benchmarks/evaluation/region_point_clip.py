"""Region and source of a clip's labelled frames (SurgBlood 5.1), whatever the model says of its other frames."""

from collections.abc import Iterator

import numpy as np

from ...models.predict import FramePrediction
from ..predictions.mask_code import encode_mask
from .clip_frames import ClipFrames
from .clip_rows import Row, answered_point, share, true_point
from .clip_truth import ClipTruth
from .prediction_clock import PredictionClock
from .predictors import RegionPointPredictor


def lacks(truth: ClipTruth) -> str:
    """What a clip would need to be scored; "" for nothing."""
    return "" if truth.points or truth.regions else "a region or a point label on a frame with an image"


def ask(frames: ClipFrames, truth: ClipTruth, predictor: RegionPointPredictor, clock: PredictionClock) -> Iterator[Row]:
    """One row a labelled frame. The model is given the clip up to the last of them, frame by frame.

    Raises ValueError where it does not answer every frame in order, or not in the frame's own pixels.
    """
    scored = {frames.place(frame): frame for frame in truth.points.keys() | truth.regions.keys()}
    end = max(scored) + 1
    answered = 0
    for place, answer in enumerate(clock.answers(predictor.frames(frames.stream(clock, 0, end)))):
        if answer.frame != place or place >= end:
            raise ValueError(f"clip {frames.clip.clip_id}: the model answered frame {answer.frame} as number {place}")
        answered += 1
        if place in scored:
            yield row(truth, scored[place], answer, _mask(frames, answer))
    if answered != end:
        raise ValueError(f"clip {frames.clip.clip_id}: the model answered {answered} of {end} frames")


def row(truth: ClipTruth, frame: int, answer: FramePrediction, mask: bytes | None) -> Row:
    """One row. A source or a region that nobody looked for is null."""
    known = true_point(truth.points[frame]) if frame in truth.points else {}
    region = truth.regions.get(frame)
    return {
        "frame": frame,
        **answered_point(answer.point),
        "confidence": share(answer.confidence),
        "mask": mask,
        **known,
        "true_mask": None if region is None else encode_mask(region()),
    }


def _mask(frames: ClipFrames, answer: FramePrediction) -> bytes | None:
    """None for a model that draws no regions, whose masks have no pixels."""
    if not answer.mask.size:
        return None
    size = frames.clip.size
    if answer.mask.shape != (size.height, size.width):
        got = "x".join(str(n) for n in np.shape(answer.mask)[::-1])
        raise ValueError(f"clip {frames.clip.clip_id}: a mask must be {size} like the frame, the model's is {got}")
    return encode_mask(answer.mask)
