"""The onset as a task: windows of a clip round its onset, with a random number of first frames left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from ...models.bleedorigin.onset_loss import onset_loss, onset_targets
from ...models.bleedorigin.onset_network import OnsetNetwork
from ...models.bleedorigin.random_skip import MOST, skipped_frames
from .cached_clips import CachedClip
from .seeding import item_generator
from .task import ALL, ONE_PHASE, ParameterGroup, Phase, trainable

BEFORE: Final = 120
AFTER: Final = 30
RATE: Final = 1e-5
"""BleedOrigin 3.3.1: detection clips have 150 frames, the onset at 120. 5.3: the rate is fixed, for 500 epochs."""


@dataclass(frozen=True, eq=False)
class OnsetClip:
    """frames (T, 3, h, w) uint8 RGB; onset () int64: among these frames, -1 where they never bleed. T differs."""

    frames: Tensor
    onset: Tensor


@dataclass(frozen=True, eq=False)
class OnsetClips:
    """Clips whose onset is known. window: of the model, so that what is shown is never shorter.

    skip: most frames left out at the start, drawn anew every epoch; 0 for none. before, after: frames of a clip that
    are looked at, round the onset.
    """

    clips: Sequence[CachedClip]
    window: int
    skip: int = MOST
    before: int = BEFORE
    after: int = AFTER
    seed: int = 0

    @classmethod
    def of(cls, clips: Sequence[CachedClip], **settings: int) -> "OnsetClips":
        """Those of the clips that have an onset label and are long enough. Raises ValueError where none is."""
        items = cls(clips, **settings)
        fit = [
            clip for clip in clips if clip.labels.onset is not None and len(range(*items.shown(clip))) >= items.window
        ]
        if not fit:
            raise ValueError(f"no clip has an onset label and {items.window} frames round it")
        return cls(fit, **settings)

    def __len__(self) -> int:
        return len(self.clips)

    def item(self, epoch: int, index: int) -> OnsetClip:
        """The clip of an index, from another first frame in every epoch."""
        clip = self.clips[index]
        first, end = self.shown(clip)
        onset = -1 if clip.labels.onset in (None, -1) else int(clip.labels.onset) - first
        rng = item_generator(self.seed, epoch, index)
        skipped = skipped_frames(rng, end - first, onset, window=self.window, most=self.skip)
        frames = torch.from_numpy(clip.pictures(slice(first + skipped, end)))
        return OnsetClip(frames, torch.tensor(onset - skipped if onset >= 0 else -1))

    def shown(self, clip: CachedClip) -> tuple[int, int]:
        """First frame and end of what is looked at."""
        onset = clip.labels.onset
        if onset is None or onset < 0:
            return 0, min(len(clip), self.before + self.after)
        return max(0, onset - self.before), min(len(clip), onset + self.after)


class OnsetTask:
    """OnsetNetwork on clips (BleedOrigin 4.1.1, 4.1.3, Eq. 4)."""

    phases: tuple[Phase, ...] = ONE_PHASE

    def __init__(self, model: OnsetNetwork, items: OnsetClips, *, learning_rate: float = RATE) -> None:
        if items.window != model.window:
            raise ValueError(f"items are for windows of {items.window}, the model has {model.window}")
        self.model: OnsetNetwork = model
        self._items, self._learning_rate = items, learning_rate

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """All at one rate."""
        return (trainable(ALL, self.model, self._learning_rate),)

    def items(self) -> OnsetClips:
        """One clip each."""
        return self._items

    def losses(self, batch: OnsetClip, phase: Phase) -> Mapping[str, Tensor]:  # noqa: ARG002 - there is one
        """Eq. 4 over every window of the clip."""
        said = self.model(batch.frames.float() / 255)
        window = self.model.window
        targets = onset_targets(batch.onset, windows=batch.frames.shape[1] - window + 1, window=window)
        return {"onset": onset_loss(said, targets, window=window)}

    def after_step(self, step: int) -> None:
        """Nothing to do."""

    def state(self) -> Mapping[str, Any]:
        """Nothing to remember."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Nothing to take back."""
