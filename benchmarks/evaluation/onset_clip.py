"""The first bleeding frame of a clip that people looked through (BleedOrigin 4.3, evaluation mode)."""

from collections.abc import Iterator

from .clip_frames import ClipFrames
from .clip_rows import Row, share
from .clip_truth import NEVER, ClipTruth
from .prediction_clock import PredictionClock
from .predictors import OnsetPredictor


def lacks(truth: ClipTruth) -> str:
    """What a clip would need to be scored; "" for nothing."""
    return "an onset label" if truth.onset is None else ""


def ask(frames: ClipFrames, truth: ClipTruth, predictor: OnsetPredictor, clock: PredictionClock) -> Iterator[Row]:
    """One row: the clip's. Raises ValueError where the model names a frame that the clip does not have."""
    with clock.asked(frames=len(frames.numbers)):
        said = predictor.onset(frames.stream(clock))
    onset = None if said.frame is None else frames.frame(said.frame)
    yield row(truth, onset, said.confidence)


def row(truth: ClipTruth, onset: int | None, confidence: float) -> Row:
    """A clip that never bleeds has no true onset."""
    true = None if truth.onset == NEVER else truth.onset
    return {"frame": 0, "onset": onset, "confidence": share(confidence), "true_onset": true}
