"""Frames with their cues, one after the other: MDG's is what changed since the frame before (BleedOrigin, Table 9)."""

from collections.abc import Iterable, Iterator

from torch import Tensor

from ..frame_flow import FrameFlow
from ..track_on.features import FrameFeatures, stretched
from .domains import domain_differences
from .track_network import CuedFeatures, TrackNetwork


def cued_frames(
    network: TrackNetwork, features: Iterable[FrameFeatures], frames: Iterable[Tensor], flow: FrameFlow
) -> Iterator[CuedFeatures]:
    """Encoded frames, and the frames themselves (B, 3, H, W) in 0..255, float32, in the order they are tracked in.

    A network without MDG never asks for the flow. Before the first frame there is none: nothing has changed in it.
    """
    before: Tensor | None = None
    for seen, frame in zip(features, frames, strict=True):
        if network.changes is None:
            yield network.cued(seen, frame)
        else:
            now = stretched(frame)
            yield network.cued(seen, frame, domain_differences(now if before is None else before, now, flow))
            before = now
