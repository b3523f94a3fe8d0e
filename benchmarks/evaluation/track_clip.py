"""The source followed from its first labelled place on (BleedOrigin 4.3, evaluation mode; TAP-Vid's `first` mode)."""

from collections.abc import Iterator

import numpy as np

from ...models.point_tracker import PointTracker
from .clip_frames import ClipFrames
from .clip_rows import Row, answered_point, true_point
from .clip_truth import ClipTruth
from .encoded_frames import EncodedFrames
from .prediction_clock import PredictionClock


def lacks(truth: ClipTruth) -> str:
    """What a clip would need to be scored; "" for nothing."""
    frames = scored_frames(truth)
    if not frames:
        return "a visible point label"
    return "" if len(frames) > 1 else "a point label after its first visible one"


def ask(frames: ClipFrames, truth: ClipTruth, predictor: PointTracker, clock: PredictionClock) -> Iterator[Row]:
    """One row a labelled frame from the query on, the query's own included.

    The tracker is given the frames from the query to the last label, with no memory of others; they are never all held.
    A tracker says of a point where it is and whether it is hidden, so there is no confidence. Raises ValueError where
    it does not answer each frame.
    """
    scored = scored_frames(truth)
    first, last = frames.place(scored[0]), frames.place(scored[-1])
    length = last + 1 - first
    with clock.asked(frames=length):
        encoded = EncodedFrames(predictor.encode, lambda: frames.stream(clock, first, last + 1), length)
        tracks = predictor.track(encoded, np.array([truth.points[scored[0]]], np.float32))
    if tracks.xy.shape != (length, 1, 2):
        raise ValueError(
            f"clip {frames.clip.clip_id}: tracks must be ({length}, 1, 2), the tracker's are {tracks.xy.shape}"
        )
    for frame in scored:
        at = frames.place(frame) - first
        yield row(truth, frame, tracks.xy[at, 0], visible=not tracks.hidden[at, 0], is_query=frame == scored[0])


def scored_frames(truth: ClipTruth) -> list[int]:
    """The query's frame, the first with a visible source, and every labelled frame after it; none without a query."""
    query = next(iter(truth.seen()), None)
    return [] if query is None else sorted(frame for frame in truth.points if frame >= query)


def row(truth: ClipTruth, frame: int, xy: np.ndarray, *, visible: bool, is_query: bool) -> Row:
    """One row."""
    return {
        "frame": frame,
        **answered_point(xy),
        "visible": bool(visible),
        **true_point(truth.points[frame]),
        "is_query": is_query,
    }
