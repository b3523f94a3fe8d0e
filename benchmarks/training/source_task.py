"""The source in one picture as a task: labelled frames, and the frames after them that optical flow labelled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from ...models.bleedorigin.source_loss import source_loss
from .cached_clips import CachedClip
from .task import ALL, ONE_PHASE, ParameterGroup, Phase, trainable

PSEUDO_FRAMES: Final = 10
RATE: Final = 1e-5
"""BleedOrigin 4.1.2: n = 10. 5.3: a fixed rate for 500 epochs."""


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """A labelled frame and the n after it. picture (3, h, w), later (n, 3, h, w) uint8 RGB.

    point (2,), later_point (n, 2) float32 in [0, 1], x over the width, y over the height; later_known (n,) bool: a
    pseudo-label is there.
    """

    picture: Tensor
    point: Tensor
    later: Tensor
    later_point: Tensor
    later_known: Tensor


@dataclass(frozen=True, eq=False)
class LabelledPictures:
    """frames: clip and frame of each label. pseudo: n, how many frames after it are looked at; 0: none."""

    clips: Sequence[CachedClip]
    frames: Sequence[tuple[int, int]]
    pseudo: int

    @classmethod
    def of(
        cls, clips: Sequence[CachedClip], *, pseudo: int = PSEUDO_FRAMES, first_only: bool = True
    ) -> "LabelledPictures":
        """People's visible points: each clip's first one, the onset frame of BleedOrigin 4.1.2, or all of them.

        Raises ValueError where there is none.
        """
        found = [(at, frame) for at, clip in enumerate(clips) for frame in _seen_by_people(clip, first_only)]
        if not found:
            raise ValueError("no clip has a visible point labelled by a person")
        return cls(clips, found, pseudo)

    def __len__(self) -> int:
        return len(self.frames)

    def item(self, epoch: int, index: int) -> LabelledPicture:  # noqa: ARG002 - nothing is augmented
        """The label of an index, whatever the epoch."""
        at, frame = self.frames[index]
        clip, labels = self.clips[at], self.clips[at].labels
        later = np.arange(frame + 1, frame + 1 + self.pseudo)
        there = later < len(clip)
        later = np.minimum(later, len(clip) - 1)
        known = there & labels.visible[later] & ~labels.human[later] & clip.has_image[later]
        return LabelledPicture(
            torch.from_numpy(clip.pictures([frame])[0]),
            torch.from_numpy(labels.point[frame]),
            torch.from_numpy(clip.pictures(later)),
            torch.from_numpy(labels.point[later]),
            torch.from_numpy(known),
        )


class SourceTask:
    """A SourceModel on labelled pictures (BleedOrigin 4.1.2, Eq. 5)."""

    phases: tuple[Phase, ...] = ONE_PHASE

    def __init__(self, model: nn.Module, items: LabelledPictures, *, learning_rate: float = RATE) -> None:
        self.model: nn.Module = model
        self._items, self._learning_rate = items, learning_rate

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """All at one rate."""
        return (trainable(ALL, self.model, self._learning_rate),)

    def items(self) -> LabelledPictures:
        """One label each."""
        return self._items

    def losses(self, batch: LabelledPicture, phase: Phase) -> Mapping[str, Tensor]:  # noqa: ARG002 - there is one
        """Eq. 5; one pass through the model for both kinds of labels."""
        known, count = batch.later_known, len(batch.picture)
        said = self.model(torch.cat([batch.picture, batch.later[known]]).float() / 255)
        real = type(said)(said.heat[:count], said.point[:count])
        return {"source": source_loss(real, batch.point, said.heat[count:], batch.later_point[known])}

    def after_step(self, step: int) -> None:
        """Nothing to do."""

    def state(self) -> Mapping[str, Any]:
        """Nothing to remember."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Nothing to take back."""


def _seen_by_people(clip: CachedClip, first_only: bool) -> list[int]:
    labels = clip.labels
    found = np.flatnonzero(labels.visible & labels.human & clip.has_image).tolist()
    return found[:1] if first_only else found
