"""Points through many frames: step by step as frames come, and the official code's call on a whole clip."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from .features import FrameFeatures
from .network import PointState, Prediction, TrackOn, sampled
from .refresh import Refresh


def follow(
    network: TrackOn, frames: Iterable[FrameFeatures], state: PointState, refresh: Refresh
) -> Iterator[Prediction]:
    """Each frame's prediction, as soon as the frame is there; the first is the one `state` was started in."""
    asked = torch.zeros_like(state.live, dtype=torch.long)
    for now, frame in enumerate(frames):
        prediction, state = network.step(frame, state)
        yield prediction
        if refresh.every is not None:
            which = state.live & refresh.which(now - asked, prediction.visible, prediction.uncertain)
            state = network.ask_again(frame, state, prediction.xy, which)
            asked = asked.masked_fill(which, now)


def track_clip(network: TrackOn, frames: Sequence[FrameFeatures], queries: Tensor, memory: int) -> list[Prediction]:
    """The official code's `inference`: queries (N, 3), frame, x and y in pixels of the 512 by 384 picture.

    Its comments say (t, y, x), it reads (t, x, y). As there, answers from before a point's own frame mean nothing, and
    the descriptors are taken beforehand: equal to asking for each point when its frame comes, from that frame on.
    """
    times, xy = queries[:, 0].long(), queries[None, :, 1:]
    looks = [sampled(frames[int(time)].seen[0], xy[:, i : i + 1]) for i, time in enumerate(times)]
    state = replace(network.start(frames[0], xy, memory), descriptor=torch.cat(looks, 1))
    predictions = []
    for now, frame in enumerate(frames):
        prediction, state = network.step(frame, replace(state, live=(times <= now)[None]))
        predictions.append(prediction)
    return predictions
