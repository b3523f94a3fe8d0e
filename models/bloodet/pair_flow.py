"""Flow between frames that are encoded once: PWC-Net's pyramids where the flow model makes them, pictures elsewhere."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

import torch
from torch import Tensor

from ..frame_flow import FrameFlow
from ..pwc_net import Pyramid

Encoded: TypeAlias = Tensor | Pyramid  # of a batch of pictures


@runtime_checkable
class PyramidFlow(Protocol):
    """A FrameFlow in two halves, so that a picture is encoded once for all the pairs it is in."""

    def pyramid(self, pictures: Tensor) -> Any:
        """Encode pictures (B, 3, H, W)."""

    def flow(self, first: Any, second: Any) -> Tensor:
        """From one encoded batch to another: (B, 2, H, W), pixels, x then y."""


@torch.no_grad()
def encoded(flow: FrameFlow, pictures: Tensor) -> Encoded:
    """What `flow_between` wants of pictures (B, 3, H, W)."""
    return flow.pyramid(pictures) if isinstance(flow, PyramidFlow) else pictures


@torch.no_grad()
def flow_between(flow: FrameFlow, first: Encoded, second: Encoded) -> Tensor:
    """Where every pixel of the first pictures has gone in the second: (B, 2, H, W), pixels, x then y."""
    if isinstance(flow, PyramidFlow):
        return flow.flow(first, second)
    return flow(cast(Tensor, first), cast(Tensor, second))


def flows_between(flow: FrameFlow, first: Sequence[Encoded], second: Sequence[Encoded]) -> list[Tensor]:
    """The flow of several pairs, each (B, 2, H, W).

    All at once on a GPU. On a CPU one after another: PWC-Net's widest features of seven pairs of 512 px are 260 MB, far
    from any cache, and take a quarter longer together.
    """
    if _picture(second[0]).is_cpu:
        return [flow_between(flow, *pair) for pair in zip(first, second, strict=True)]
    return list(flow_between(flow, joined(first), joined(second)).chunk(len(first)))


def joined(batches: Sequence[Encoded]) -> Encoded:
    """Several encoded batches as one, in their order."""
    if len(batches) == 1:
        return batches[0]
    pyramids = [batch for batch in batches if isinstance(batch, Pyramid)]
    if pyramids:
        levels = zip(*(pyramid.levels for pyramid in pyramids), strict=True)
        return replace(pyramids[0], levels=tuple(torch.cat(level) for level in levels))
    return torch.cat([batch for batch in batches if isinstance(batch, Tensor)])


def _picture(batch: Encoded) -> Tensor:
    return batch.levels[0] if isinstance(batch, Pyramid) else batch


def by_frame(batch: Encoded, frames: int) -> list[Encoded]:
    """A batch that runs over clips and then over their frames, taken apart: one batch of all clips a frame."""
    if isinstance(batch, Pyramid):
        # Steps of the batch stay channels-last; a view through another dimension does not for a single clip, and the
        # decoders then take half as long again.
        return [replace(batch, levels=tuple(each[number::frames] for each in batch.levels)) for number in range(frames)]
    return list(batch.unflatten(0, (-1, frames)).unbind(1))
