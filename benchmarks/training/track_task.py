"""Following the source as a task: runs of frames with people's and pseudo-labels on them (BleedOrigin 4.2)."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from ...models.bleedorigin.adapters import Adapters
from ...models.bleedorigin.track_clip import joined_xy, track_clip
from ...models.bleedorigin.track_clips import Training, drawn_clip
from ...models.bleedorigin.track_loss import track_loss
from ...models.bleedorigin.track_network import CuedFeatures
from ...models.track_on.features import SIZE, FrameFeatures
from .cached_clips import CachedClip
from .seeding import item_generator
from .task import ALL, ONE_PHASE, Items, ParameterGroup, Phase, trainable

RATE: Final = 5e-6
"""BleedOrigin 5.3: a fixed rate, 100 epochs on short and on long clips each."""
MEMORY: Final = 12


@dataclass(frozen=True, eq=False)
class TrackRun:
    """T frames from a labelled one on. frames (T, 3, 384, 512) uint8 RGB; T differs from run to run.

    point (T, 2) float32, pixels of the 512 by 384 picture; human, pseudo (T,) bool: whose label it is, neither where
    there is none. key (3,) int64: the clip's number, first frame and end, which name the run.
    """

    frames: Tensor
    point: Tensor
    human: Tensor
    pseudo: Tensor
    key: Tensor


@dataclass(frozen=True, eq=False)
class TrackRuns:
    """A run a clip and epoch, drawn from its labelled frames. training: short, long or both kinds of runs (4.2.1)."""

    clips: Sequence[CachedClip]
    training: Training
    seed: int

    @classmethod
    def of(cls, clips: Sequence[CachedClip], *, training: Training = "hybrid", seed: int = 0) -> "TrackRuns":
        """Those of the clips that have such a run. Raises ValueError where none has."""
        rng = np.random.default_rng(0)
        fit = [clip for clip in clips if drawn_clip(rng, _labelled(clip), training) is not None]
        if not fit:
            raise ValueError(f"no clip has people's labels for a {training} run")
        return cls(fit, training, seed)

    def __len__(self) -> int:
        return len(self.clips)

    def item(self, epoch: int, index: int) -> TrackRun:
        """Another run of the clip in every epoch."""
        clip = self.clips[index]
        drawn = drawn_clip(item_generator(self.seed, epoch, index), _labelled(clip), self.training)
        assert drawn is not None
        where = slice(drawn.start, drawn.stop)
        labels = clip.labels
        after_start = np.arange(len(drawn)) > 0  # the first place is given, not found
        return TrackRun(
            torch.from_numpy(clip.pictures(where)),
            torch.from_numpy(labels.point[where] * np.array(SIZE[::-1], np.float32)),
            torch.from_numpy(labels.visible[where] & labels.human[where] & after_start),
            torch.from_numpy(labels.visible[where] & ~labels.human[where]),
            torch.tensor([index, drawn.start, drawn.stop]),
        )


class TrackTask:
    """TrackNetwork with adapters on runs (Eq. 8). The network has no MDG block, as in the text of 4.2.2.

    kept: runs whose encoded frames are held in memory, 33 MB a frame; only where the encoder itself does not learn.
    """

    phases: tuple[Phase, ...] = ONE_PHASE

    def __init__(
        self, adapters: Adapters, items: Items[TrackRun], *, learning_rate: float = RATE, kept: int = 0
    ) -> None:
        if adapters.network.changes is not None:
            raise ValueError("a network with MDG needs the changes between frames, which runs do not hold")
        if kept and adapters.settings.encoder:
            raise ValueError("frames of an encoder that learns cannot be kept")
        self.model = adapters.network
        self._adapters, self._items, self._learning_rate = adapters, items, learning_rate
        self._kept, self._encoded = kept, OrderedDict[tuple[int, ...], list[FrameFeatures]]()

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """Adapters and the layers that Track-On does not have, at one rate."""
        return (trainable(ALL, self.model, self._learning_rate),)

    def items(self) -> Items[TrackRun]:
        """One run each."""
        return self._items

    def losses(self, batch: TrackRun, phase: Phase) -> Mapping[str, Tensor]:  # noqa: ARG002 - there is one
        """Eq. 8 over the run's labels, and what keeps AdaLoRA's factors orthogonal."""
        found = self.follow(batch)
        loss = track_loss(found, batch.point, batch.human, batch.pseudo)
        return {"track": loss, "orthogonal": self._adapters.regularisation()}

    def follow(self, batch: TrackRun) -> Tensor:
        """Where the network finds the point that the first frame's label names: (B, T, 2), pixels of 512 by 384."""
        times = torch.zeros(len(batch.frames), 1, dtype=torch.long, device=batch.frames.device)
        predictions = track_clip(self.model, self._cued(batch), times, batch.point[:, :1], memory=MEMORY)
        return joined_xy(predictions)[:, :, 0]

    def _cued(self, batch: TrackRun) -> list[CuedFeatures]:
        frames = batch.frames.float().unbind(1)
        return [self.model.cued(seen, frame) for seen, frame in zip(self._features(batch), frames, strict=True)]

    def _features(self, batch: TrackRun) -> list[FrameFeatures]:
        """The frames as Track-On's encoder sees them, each a batch of B."""
        name = tuple(batch.key.flatten().tolist())
        if name in self._encoded:
            return self._encoded[name]
        with torch.set_grad_enabled(self._adapters.settings.encoder and torch.is_grad_enabled()):
            found = [self.model.track_on.encode(frame.float()) for frame in batch.frames.unbind(1)]
        if self._kept:
            self._encoded[name] = found
            while len(self._encoded) > self._kept:
                self._encoded.popitem(last=False)
        return found

    def after_step(self, step: int) -> None:
        """AdaLoRA spends its budget."""
        self._adapters.after_step(step)

    def state(self) -> Mapping[str, Any]:
        """What AdaLoRA remembers of the steps."""
        return self._adapters.importance()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take that up."""
        self._adapters.restore_importance(state)


def _labelled(clip: CachedClip) -> list[int]:
    labels = clip.labels
    return np.flatnonzero(labels.visible & labels.human).tolist()
