"""The feature of every frame (BleedOrigin 4.1.1): what changed since the frame before and since each clean view.

It hangs on frames up to its own alone, so it is made once, and every window that holds the frame reads the same one.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..frame_flow import FrameFlow
from .change_encoder import ChangeEncoder
from .clean_view import CleanViewJudge, is_clean_view, log_cleanness
from .clean_view_memory import CleanViewMemory
from .domains import DomainDifferences, domain_differences
from .view_attention import ViewAttention


@dataclass(frozen=True, eq=False)
class ChosenViews:
    """The clean views that F frames of B clips are compared with: numbers (B, F, M) long, of their frames.

    cleanness (B, F, M): log of the factor on a view's share; stored (B, F, M) bool: which of the M there are.
    """

    numbers: Tensor
    cleanness: Tensor
    stored: Tensor

    def of(self, frames: range) -> "ChosenViews":
        """Those of some of the frames, one after the other."""
        some = slice(frames.start, frames.stop)
        return ChosenViews(self.numbers[:, some], self.cleanness[:, some], self.stored[:, some])


class FrameFeatures(nn.Module):
    """Features of pictures (..., 3, h, w) in [0, 1], RGB, all of the working size. Arguments: see OnsetNetwork."""

    def __init__(
        self,
        *,
        flow: FrameFlow,
        flow_shrink: int,
        memory: int,
        spacing: int,
        channels: int,
        width: int,
        alpha: float,
        gamma: float,
        chunk: int,
        checkpointed: bool,
    ) -> None:
        super().__init__()
        # A flow model that is a module would otherwise be trained, saved and counted as a part of this one.
        object.__setattr__(self, "flow", flow)
        self.flow: FrameFlow
        self.flow_shrink, self.memory, self.spacing = flow_shrink, memory, spacing
        self.alpha, self.gamma, self.chunk, self.checkpointed = alpha, gamma, chunk, checkpointed
        self.encoder = ChangeEncoder(channels, width)
        if memory:
            self.judge = CleanViewJudge(channels)
            self.attention = ViewAttention(width)

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (B, T, 3, h, w) of whole clips -> (B, T, width)."""
        frames = range(pictures.shape[1])
        newest, logits = self.newest(pictures, frames)
        return self.with_views(pictures, newest, self.choose(logits), frames) if self.memory else newest

    def newest(self, pictures: Tensor, frames: range) -> tuple[Tensor, Tensor]:
        """The changes (B, F, width) of some frames from the frame before, and the judge's logits (B, F, 2) of that one.

        The first frame of a clip has none before it: it is compared with itself. No logits without memory.
        """
        batch, length = pictures.shape[:2]
        first = torch.arange(batch, device=pictures.device)[:, None] * length
        current = first + torch.tensor(frames, device=pictures.device)
        pairs = torch.stack([torch.maximum(current - 1, first), current], -1).flatten(0, 1)
        vectors, logits = self._compared(pictures.flatten(0, 1), pairs, judged=len(pairs) if self.memory else 0)
        return vectors.view(batch, len(frames), -1), logits.view(batch, -1 if self.memory else 0, 2)

    def choose(self, logits: Tensor) -> ChosenViews:
        """What the memory holds at each of the T frames, from the judge's logits (B, T, 2) of the frames before."""
        numbers = torch.zeros(len(logits), dtype=torch.long, device=logits.device)
        memory = CleanViewMemory.empty(numbers, size=self.memory, spacing=self.spacing)
        held = []
        for frame in range(logits.shape[1]):
            held.append(memory)
            if frame:
                memory = self._after(memory, numbers + frame - 1, logits[:, frame])
        return ChosenViews(
            torch.stack([memory.views for memory in held], 1),
            torch.stack([memory.cleanness for memory in held], 1),
            torch.stack([memory.stored for memory in held], 1),
        )

    def with_views(self, pictures: Tensor, newest: Tensor, chosen: ChosenViews, frames: range) -> Tensor:
        """Features (B, F, width) of some frames: their newest changes joined with those since their views, of all T."""
        here = chosen.of(frames)
        clip, place, slot = here.stored.nonzero().unbind(-1)
        first = clip * pictures.shape[1]
        pairs = torch.stack([first + here.numbers[clip, place, slot], first + frames.start + place], -1)
        changes = newest.new_zeros(*here.stored.shape, newest.shape[-1])
        changes[clip, place, slot] = self._compared(pictures.flatten(0, 1), pairs, judged=0)[0].to(changes.dtype)
        return self.attention(newest, changes, here.cleanness, here.stored)

    def step(
        self, picture: Tensor, previous: Tensor | None, memory: CleanViewMemory | None
    ) -> tuple[Tensor, CleanViewMemory]:
        """The feature (B, width) of the next pictures (B, 3, h, w), and the memory after them.

        previous: the pictures before; memory: that after them. None at a clip's first frame.
        """
        batch = len(picture)
        if memory is None:
            memory = CleanViewMemory.empty(picture, size=self.memory, spacing=self.spacing)
        before = picture if previous is None else previous
        clip, slot = memory.stored.nonzero().unbind(-1)
        pictures = torch.cat([before, picture, memory.views[clip, slot]])
        current = batch + torch.cat([torch.arange(batch, device=clip.device), clip])
        reference = torch.arange(len(pictures) - batch, device=clip.device)
        reference = torch.where(reference < batch, reference, reference + batch)
        judged = batch if self.memory else 0
        vectors, logits = self._compared(pictures, torch.stack([reference, current], -1), judged=judged)
        newest = vectors[:batch]
        if not self.memory:
            return newest, memory
        changes = newest.new_zeros(*memory.stored.shape, newest.shape[-1])
        changes[clip, slot] = vectors[batch:]
        feature = self.attention(newest, changes, memory.cleanness, memory.stored)
        return feature, memory if previous is None else self._after(memory, previous, logits)

    def _after(self, memory: CleanViewMemory, view: Tensor, logits: Tensor) -> CleanViewMemory:
        """Eq. 1: the memory after the frame before, view (B, ...), was judged."""
        clean = is_clean_view(logits, alpha=self.alpha, gamma=self.gamma)
        return memory.push(view, log_cleanness(logits), clean)

    def _compared(self, pictures: Tensor, pairs: Tensor, *, judged: int) -> tuple[Tensor, Tensor]:
        """Changes (P, width) from one to the other of pairs (P, 2) of pictures, and logits of the first `judged`."""
        vectors, logits = [pictures.new_zeros(0, self.encoder.width)], [pictures.new_zeros(0, 2)]
        for first in range(0, len(pairs), self.chunk):
            reference, current = pairs[first : first + self.chunk].unbind(-1)
            change = domain_differences(pictures[reference], pictures[current], self.flow, flow_shrink=self.flow_shrink)
            vectors.append(self._run(self.encoder, change))
            if judged > first:
                logits.append(self._run(self.judge, change.first(judged - first)))
        return torch.cat(vectors), torch.cat(logits)

    def _run(self, module: nn.Module, change: DomainDifferences) -> Tensor:
        """What the module says; where memory is short in training, its maps are made again on the way back."""
        if self.checkpointed and torch.is_grad_enabled():
            return checkpoint(module, change, use_reentrant=False)
        return module(change)


def working_pictures(frames: Tensor, size: tuple[int, int]) -> Tensor:
    """Frames (..., 3, H, W) stretched to `size`, height and width; smoothed first where that makes them smaller."""
    if frames.shape[-2:] == size:
        return frames
    flat = F.interpolate(frames.flatten(0, -4), size, mode="bilinear", align_corners=False, antialias=True)
    return flat.unflatten(0, frames.shape[:-3])
