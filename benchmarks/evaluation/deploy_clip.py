"""The whole chain on a whole clip: onset, source, track (BleedOrigin Algorithm 1, deployment)."""

from collections.abc import Iterator

import numpy as np

from .clip_frames import ClipFrames
from .clip_rows import Row, answered_point, share, true_point
from .clip_truth import NEVER, ClipTruth
from .prediction_clock import PredictionClock
from .predictors import DeployPredictor


def lacks(truth: ClipTruth) -> str:
    """What a clip would need to be scored; "" for nothing."""
    if truth.onset is None:
        return "an onset label"
    if truth.onset == NEVER:
        return "bleeding"
    return "" if truth.seen(truth.onset) else "a visible point label from its onset on"


def ask(frames: ClipFrames, truth: ClipTruth, predictor: DeployPredictor, clock: PredictionClock) -> Iterator[Row]:
    """One row a frame with a point label, before the true onset too. The model is given the clip anew at each call.

    Raises ValueError where the model does not answer every frame of the clip.
    """
    with clock.asked(frames=len(frames.numbers)):
        said = predictor.bleeding(lambda: frames.stream(clock))
    if said.first_frame != 0 or len(said.points) != len(frames.numbers):
        what = f"{len(said.points)} frames from {said.first_frame} on"
        raise ValueError(f"clip {frames.clip.clip_id} has {len(frames.numbers)} frames, the model answered {what}")
    onset = None if said.onset is None else frames.frame(said.onset)
    for frame in truth.points:
        at = frames.place(frame)
        visible, confidence = bool(said.present[at]), float(said.confidence[at])
        yield row(truth, frame, said.points[at], visible=visible, confidence=confidence, onset=onset)


def row(truth: ClipTruth, frame: int, xy: np.ndarray, *, visible: bool, confidence: float, onset: int | None) -> Row:
    """One row; the onsets are the clip's, and the confidence is the point's."""
    return {
        "frame": frame,
        **answered_point(xy),
        "visible": visible,
        "confidence": share(confidence),
        **true_point(truth.points[frame]),
        "is_query": False,
        "onset": onset,
        "true_onset": truth.onset,
    }
