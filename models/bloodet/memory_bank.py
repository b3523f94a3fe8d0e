"""What BlooDet remembers: of the first frame, of the last six, and pointers of the last fifteen (SurgBlood 4.1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .pair_flow import Encoded
from .size import MEMORIES, POINTERS


@dataclass(frozen=True, eq=False)
class FrameMemory:
    """What one answered frame of B clips leaves behind.

    mask (B, m, g, g): mask memory M^m, its features and its region in one. point (B, 2, c): point memory M^p, its
    point as a prompt. pointer (B, c): the region's token. What the flow wants of it is there only in the form that
    wants it: offset (B, 2), how far the view moved up to this frame, px; or weight (B, 1, H, W) and picture, for flow
    from this frame to later ones.
    """

    mask: Tensor
    point: Tensor
    pointer: Tensor
    offset: Tensor | None = None
    weight: Tensor | None = None
    picture: Encoded | None = None


@dataclass(frozen=True, eq=False)
class BlooDetState:
    """All that is kept between frames; it never grows past 7 memories and 16 pointers, and is never changed.

    first: of the first frame, kept for good; recent: of the last six after it, oldest first; pointers: of the last
    fifteen after it, oldest first. picture: the last frame, for the flow from it to the next one.
    """

    first: FrameMemory | None = None
    recent: tuple[FrameMemory, ...] = ()
    pointers: tuple[Tensor, ...] = ()
    picture: Encoded | None = None

    @property
    def memories(self) -> tuple[FrameMemory, ...]:
        """The frames that are attended to, in the order of the released code."""
        return () if self.first is None else (self.first, *self.recent)

    def after(self, memory: FrameMemory, picture: Encoded | None) -> "BlooDetState":
        """The state after one more frame."""
        if self.first is None:
            return replace(self, first=memory, picture=picture)
        recent = (*self.recent, memory)[1 - MEMORIES :]
        pointers = (*self.pointers, memory.pointer)[1 - POINTERS :]
        return BlooDetState(self.first, recent, pointers, picture)


def mask_tokens(state: BlooDetState, ages: Tensor, place: Tensor) -> tuple[Tensor, Tensor, int]:
    """The memory's tokens, and their positions, both (N, B, m); the last so many of them, pointers, have no position.

    ages (7, 1, 1, m): learnt codes, of a frame k back in row k - 1 and of the first frame in the last row. place
    (B, m, g, g): code of a cell's place.
    """
    memories = state.memories
    tokens = [_in_rows(memory.mask).to(place.dtype) for memory in memories]
    rows = [MEMORIES - 1, *reversed(range(len(memories) - 1))]
    places = [_in_rows(place) + ages[row] for row in rows]
    pointers = [memories[0].pointer, *reversed(state.pointers)]
    width = place.shape[1]
    parts = torch.cat([_in_parts(pointer, width) for pointer in pointers])
    return torch.cat([*tokens, parts]), torch.cat([*places, torch.zeros_like(parts)]), len(parts)


def point_tokens(memories: Sequence[FrameMemory], moved: Sequence[Tensor | float], width: int) -> Tensor:
    """Point memories with what tells of the view's motion (B, 2, c) added to each, in tokens of `width`: (N, B, m)."""
    points = [memory.point + motion for memory, motion in zip(memories, moved, strict=True)]
    return torch.cat([_in_parts(point.flatten(1), width) for point in points])


def _in_rows(features: Tensor) -> Tensor:
    """(B, m, g, g) -> (g * g, B, m)."""
    return features.flatten(2).permute(2, 0, 1)


def _in_parts(vectors: Tensor, width: int) -> Tensor:
    """(B, n * m) -> (n, B, m)."""
    return vectors.unflatten(1, (-1, width)).transpose(0, 1)
