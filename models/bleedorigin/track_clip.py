"""Points through a clip, for training and for answers: frame by frame, each point from the frame it is asked for in."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from ..track_on.network import PointState, Prediction
from ..track_on.refresh import Refresh
from .track_network import CuedFeatures, TrackNetwork

NEVER = Refresh()


def track_clip(
    network: TrackNetwork,
    frames: Iterable[CuedFeatures],
    times: Tensor,
    xy: Tensor,
    *,
    memory: int,
    refresh: Refresh = NEVER,
    truncate: int | None = None,
) -> Iterator[Prediction]:
    """Each frame's prediction, as soon as the frame is there; what it says of a point before its time means nothing.

    times (B, N) long: the frame that each point is asked for in, from 0; xy (B, N, 2): where, in pixels of the 512 by
    384 picture. memory: frames; 12 is what Track-On was trained with. truncate: after so many frames gradients go back
    no further: a long clip's loss is then taken piece by piece, and each piece's graph is free after its `backward`.
    """
    state: PointState | None = None
    asked = times
    for now, frame in enumerate(frames):
        if state is None:
            state = replace(network.start(frame, xy, memory), live=times <= 0)
        elif (times == now).any():
            state = network.ask_again(frame, state, xy, times == now)
        prediction, state = network.step(frame, state)
        yield prediction
        if refresh.every is not None:
            which = state.live & refresh.which(now - asked, prediction.visible, prediction.uncertain)
            state = network.ask_again(frame, state, prediction.xy, which)
            asked = asked.masked_fill(which, now)
        if truncate is not None and (now + 1) % truncate == 0:
            state = detached(state)


def detached(state: PointState) -> PointState:
    """The same state, through which no gradient goes back."""
    return replace(
        state,
        descriptor=state.descriptor.detach(),
        spatial=state.spatial.detach(),
        context=state.context.detach(),
    )


def joined_xy(predictions: Iterable[Prediction]) -> Tensor:
    """Positions of all frames, (B, T, N, 2), pixels of the 512 by 384 picture."""
    return torch.stack([prediction.xy for prediction in predictions], 1)
