"""BleedOrigin's three models in a row: when it begins, where it comes from, and where that place is from then on."""

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
import torch

from ..datasets.schema import ImageSize
from .clip_prediction import ClipPrediction
from .onset_model import OnsetModel
from .point_tracker import PointTracker
from .predict import Frames, Onset, predict_onset, predict_source
from .source_model import SourceModel
from .weights import check_loaded


def predict_bleeding(
    onset_model: OnsetModel,
    source_model: SourceModel,
    tracker: PointTracker,
    frames: Callable[[], Frames],
    *,
    onset_picture: ImageSize,
    source_picture: ImageSize,
    refresh: int = 60,
    device: str | torch.device = "cpu",
    allow_random: bool = False,
) -> ClipPrediction:
    """A clip by BleedOrigin's Algorithm 1, as in its evaluation, with the onset of Eq. 2: what is found is final.

    frames: gives the clip's frames anew at each call; it is called twice, and no more than `refresh` frames are held.
    refresh: frames tracked before the tracker's memory begins anew at the point it is at (Section 6.3). onset_picture,
    source_picture: what those models take; the tracker takes frames as they are.

    Before the onset, and in all frames where there is none, points are NaN and confidence is 0. From the onset on
    confidence is the onset's, and 0, with present False, where the tracker does not see the point. No masks. Raises
    BleedkitError as predict_onset does, and ValueError where there are no frames.
    """
    if refresh < 1:
        raise ValueError(f"refresh must be at least 1 frame, got {refresh}")
    check_loaded(source_model, allow_random=allow_random)  # before a whole clip has been looked at
    onset = predict_onset(onset_model, frames(), picture=onset_picture, device=device, allow_random=allow_random)

    def source(rgb: np.ndarray) -> np.ndarray:
        return predict_source(source_model, rgb, picture=source_picture, device=device, allow_random=allow_random)

    return follow_bleeding(onset, source, tracker, frames(), refresh)


def follow_bleeding(
    onset: Onset, source: Callable[[np.ndarray], np.ndarray], tracker: PointTracker, frames: Frames, refresh: int
) -> ClipPrediction:
    """The rest of Algorithm 1 after an onset was found, whatever found it; see `predict_bleeding`.

    source: where the blood comes from in a frame (H, W, 3) uint8, (2,) float32 pixels; asked for the onset frame alone.
    Raises ValueError where there are no frames.
    """
    stream = iter(frames)
    first: int | None = None
    points: list[np.ndarray] = []
    seen: list[bool] = []
    for number, rgb in stream:
        first = number if first is None else first
        if number == onset.frame:
            xy, hidden = _tracked(tracker, rgb, source(rgb), (later for _, later in stream), refresh)
            points.extend(xy)
            seen.extend((~hidden).tolist())
        else:
            points.append(np.full(2, np.nan, np.float32))
            seen.append(False)
    if first is None:
        raise ValueError("a clip has at least one frame")
    present = np.array(seen, np.bool_)
    confidence = np.where(present, np.float32(onset.confidence), np.float32(0))
    return ClipPrediction(
        first, np.stack(points), present, confidence, onset=onset.frame, onset_confidence=onset.confidence
    )


def _tracked(
    tracker: PointTracker, rgb: np.ndarray, start: np.ndarray, later: Iterator[np.ndarray], refresh: int
) -> tuple[np.ndarray, np.ndarray]:
    """The point through this frame and all later ones: (T, 2) float32 pixels, and (T,) bool where it is hidden."""
    xy, hidden = [start[None]], [np.zeros(1, np.bool_)]
    last = tracker.encode(rgb)
    while run := [tracker.encode(frame) for frame in islice(later, refresh)]:
        tracks = tracker.track([last, *run], xy[-1][-1:])
        xy.append(tracks.xy[1:, 0])
        hidden.append(tracks.hidden[1:, 0])
        last = run[-1]
    return np.concatenate(xy), np.concatenate(hidden)
