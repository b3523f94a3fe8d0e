"""Windows of consecutive frames with what is known of each: what a RegionPointModel learns from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .cached_clips import CachedClip


@dataclass(frozen=True, eq=False)
class Window:
    """T consecutive frames, batched (B, T, ...) or not. frames (T, 3, h, w) uint8 RGB; masks (T, 1, h, w) uint8 0/1.

    point (T, 2) float32 in [0, 1], x over the width, y over the height; present (T,) bool: it is there to be seen.
    mask_known, point_known (T,) bool: somebody looked for the region, for the point; nothing else may be learnt from.
    """

    frames: Tensor
    masks: Tensor
    mask_known: Tensor
    point: Tensor
    present: Tensor
    point_known: Tensor

    @property
    def clip(self) -> Tensor:
        """The frames as models take them, float in [0, 1]; made where the frames are, so that bytes travel."""
        return self.frames.float() / 255


@dataclass(frozen=True, eq=False)
class ClipWindows:
    """Every window of `length` frames that has an image each and a label at all. SurgBlood's code: 8, from each frame.

    stride: frames from one window's start to the next. Nothing is augmented (SurgBlood 5.2).
    """

    clips: Sequence[CachedClip]
    starts: Sequence[tuple[int, int]]
    length: int

    @classmethod
    def of(cls, clips: Sequence[CachedClip], *, length: int = 8, stride: int = 1) -> "ClipWindows":
        """Raises ValueError where there is no window."""
        starts = [(at, first) for at, clip in enumerate(clips) for first in window_starts(clip, length, stride)]
        if not starts:
            raise ValueError(f"no clip has {length} consecutive frames with a label")
        return cls(clips, starts, length)

    def __len__(self) -> int:
        return len(self.starts)

    def item(self, epoch: int, index: int) -> Window:  # noqa: ARG002 - nothing is augmented, epochs are alike
        """The window of an index, whatever the epoch."""
        at, first = self.starts[index]
        return window(self.clips[at], slice(first, first + self.length))


def window(clip: CachedClip, where: slice) -> Window:
    """The frames of a clip in `where`, with their labels."""
    labels = clip.labels
    return Window(
        torch.from_numpy(clip.pictures(where)),
        torch.from_numpy(clip.regions(where)),
        torch.from_numpy(labels.mask_known[where]),
        torch.from_numpy(labels.point[where]),
        torch.from_numpy(labels.visible[where]),
        torch.from_numpy(labels.point_known[where]),
    )


def window_starts(clip: CachedClip, length: int, stride: int) -> list[int]:
    """First frames of the clip's windows, ascending."""
    labelled = clip.labels.mask_known | clip.labels.point_known
    return [
        first
        for first in range(0, len(clip) - length + 1, stride)
        if clip.has_image[first : first + length].all() and np.any(labelled[first : first + length])
    ]
