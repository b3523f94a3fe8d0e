"""CFMS, the store of clean views (BleedOrigin 4.1.1): a few frames from before, per clip, never more."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class CleanViewMemory:
    """M places of B clips, filled from the last one; a full store loses its oldest view.

    views (B, M, ...): pictures, or whatever stands for them; cleanness (B, M): log, of each when it was judged; stored
    (B, M) bool: which places hold a view; since (B,): frames since one was last stored, counted up to `spacing`.
    spacing: frames between two stored views. The paper bounds neither: in a clear field every frame is a clean view,
    and without spacing the store would hold only the latest few, no baseline for anything.
    """

    views: Tensor
    cleanness: Tensor
    stored: Tensor
    since: Tensor
    spacing: int

    @classmethod
    def empty(cls, like: Tensor, *, size: int, spacing: int) -> "CleanViewMemory":
        """A store of `size` views like these (B, ...), in which the first clean view is kept at once."""
        batch = like.shape[0]
        return cls(
            views=like.new_zeros(batch, size, *like.shape[1:]),
            cleanness=torch.zeros(batch, size, device=like.device),
            stored=torch.zeros(batch, size, dtype=torch.bool, device=like.device),
            since=torch.full((batch,), spacing, device=like.device),
            spacing=spacing,
        )

    def push(self, view: Tensor, cleanness: Tensor, clean: Tensor) -> "CleanViewMemory":
        """The store after view (B, ...), of log cleanness (B,): kept where it is clean, (B,) bool, and not too soon."""
        since = (self.since + 1).clamp_max(self.spacing)
        keep = clean & (since >= self.spacing)
        return CleanViewMemory(
            views=_pushed(self.views, view, keep),
            cleanness=_pushed(self.cleanness, cleanness, keep),
            stored=_pushed(self.stored, keep, keep),
            since=torch.where(keep, 0, since),
            spacing=self.spacing,
        )


def _pushed(places: Tensor, entry: Tensor, keep: Tensor) -> Tensor:
    """Places (B, M, ...) moved up by one, with the entry (B, ...) last, in the clips where it is kept."""
    moved = torch.cat([places[:, 1:], entry[:, None].to(places.dtype)], 1)
    return torch.where(keep.view(-1, *(1,) * (places.dim() - 1)), moved, places)
