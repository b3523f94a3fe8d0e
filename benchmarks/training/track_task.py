"""Following the source as a task: runs of frames with people's and pseudo-labels on them (BleedOrigin 4.2)."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ...datasets.schema import ImageSize, Keypoint
from ...models.bleedorigin.adapters import Adapters
from ...models.bleedorigin.track_changes import cued_frames
from ...models.bleedorigin.track_clip import joined_xy, track_clip
from ...models.bleedorigin.track_clips import Training, drawn_clip
from ...models.bleedorigin.track_loss import track_loss
from ...models.bleedorigin.track_network import CuedFeatures
from ...models.flows import FLOWS
from ...models.frame_flow import FrameFlow
from ...models.stage import CPU
from ...models.track_on.features import SIZE, FrameFeatures
from .cached_clips import CachedClip
from .clip_labels import SOURCE
from .seeding import item_generator
from .task import ALL, ONE_PHASE, Items, ParameterGroup, Phase, trainable

RATE: Final = 5e-6
"""BleedOrigin 5.3: a fixed rate, 100 epochs on short and on long clips each."""
MEMORY: Final = 12
MOST_KEYPOINTS: Final = 60
"""Of a run: BleedOrigin 4.2.2 speaks of about 60 pseudo-labelled points. A long run has some 36 a second."""


@dataclass(frozen=True, eq=False)
class KeypointTrack:
    """A pseudo-keypoint between the two labels of its segment: P_pseudo^i of Eq. 8.

    frames (R,) int64, rising: where it is seen. It is asked for in the first, as a rule the one after the label, since
    the engine tells of no keypoint in a labelled frame. xy (R, 2) float32: where, pixels of the 512 by 384 picture.
    """

    frames: np.ndarray
    xy: np.ndarray


@dataclass(frozen=True, eq=False)
class TrackRun:
    """T frames from a labelled one on. frames (T, 3, 384, 512) uint8 RGB; T differs from run to run.

    point (T, 2) float32, pixels of the 512 by 384 picture; human, pseudo (T,) bool: whose label it is, neither where
    there is none. key (3,) int64: the clip's number, first frame and end, which name the run. asked (K,) int64: the
    frame of the run that each pseudo-keypoint is asked for in; keypoint (T, K, 2) float32: where it is, pixels as
    point's, there too; keypoint_known (T, K) bool: where it is to be found. Of no keypoint by default.
    """

    frames: Tensor
    point: Tensor
    human: Tensor
    pseudo: Tensor
    key: Tensor
    asked: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.long))
    keypoint: Tensor = field(default_factory=lambda: torch.zeros(0, 0, 2))
    keypoint_known: Tensor = field(default_factory=lambda: torch.zeros(0, 0, dtype=torch.bool))


@dataclass(frozen=True, eq=False)
class TrackRuns:
    """A run a clip and epoch, drawn from its labelled frames. training: short, long or both kinds of runs (4.2.1).

    keypoints: of each clip; most_keypoints: in a run, drawn anew for each where there are more.
    """

    clips: Sequence[CachedClip]
    training: Training
    seed: int
    keypoints: Sequence[Sequence[KeypointTrack]]
    most_keypoints: int

    @classmethod
    def of(
        cls,
        clips: Sequence[CachedClip],
        *,
        training: Training = "hybrid",
        seed: int = 0,
        keypoints: Callable[[str], Iterable[Keypoint]] = lambda _clip_id: (),
        most_keypoints: int = MOST_KEYPOINTS,
    ) -> "TrackRuns":
        """Those of the clips that have such a run. Raises ValueError where none has.

        keypoints: a clip's pseudo-keypoints by its id, as `Cohort.keypoints` gives them; by default there are none.
        """
        if most_keypoints < 0:
            raise ValueError(f"a run has 0 keypoints or more, not {most_keypoints}")
        rng = np.random.default_rng(0)
        fit = [clip for clip in clips if drawn_clip(rng, _labelled(clip), training) is not None]
        if not fit:
            raise ValueError(f"no clip has people's labels for a {training} run")
        tracks = [keypoint_tracks(keypoints(clip.clip_id), clip.stored) for clip in fit]
        return cls(fit, training, seed, tracks, most_keypoints)

    def __len__(self) -> int:
        return len(self.clips)

    def item(self, epoch: int, index: int) -> TrackRun:
        """Another run of the clip in every epoch."""
        clip, rng = self.clips[index], item_generator(self.seed, epoch, index)
        drawn = drawn_clip(rng, _labelled(clip), self.training)
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
            *_keypoints_of(drawn, self._drawn_keypoints(drawn, index, rng)),
        )

    def _drawn_keypoints(self, run: range, index: int, rng: np.random.Generator) -> list[KeypointTrack]:
        """Keypoints whose segment lies in the run, no more than `most_keypoints`."""
        inside = [track for track in self.keypoints[index] if track.frames[0] in run and track.frames[-1] in run]
        if len(inside) <= self.most_keypoints:
            return inside
        chosen = rng.choice(len(inside), self.most_keypoints, replace=False)
        return [inside[number] for number in sorted(chosen.tolist())]


class TrackTask:
    """TrackNetwork with adapters on runs (Eq. 8).

    kept: runs whose encoded frames are held in memory, 33 MB a frame; only where the encoder itself does not learn.
    flow: between a run's frames, for a network with MDG; DIS where left out.
    """

    phases: tuple[Phase, ...] = ONE_PHASE

    def __init__(
        self,
        adapters: Adapters,
        items: Items[TrackRun],
        *,
        learning_rate: float = RATE,
        kept: int = 0,
        flow: FrameFlow | None = None,
    ) -> None:
        if kept and adapters.settings.encoder:
            raise ValueError("frames of an encoder that learns cannot be kept")
        self.model = adapters.network
        self._adapters, self._items, self._learning_rate = adapters, items, learning_rate
        self._flow = flow or FLOWS["dis"].build(CPU)
        self._kept, self._encoded = kept, OrderedDict[tuple[int, ...], list[FrameFeatures]]()

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """Adapters and the layers that Track-On does not have, at one rate."""
        return (trainable(ALL, self.model, self._learning_rate),)

    def items(self) -> Items[TrackRun]:
        """One run each."""
        return self._items

    def losses(self, batch: TrackRun, phase: Phase) -> Mapping[str, Tensor]:  # noqa: ARG002 - there is one
        """Eq. 8 over the run's labels and keypoints, and what keeps AdaLoRA's factors orthogonal."""
        target = _all_points(batch)
        known = batch.keypoint_known.reshape(target[:, :, 1:, 0].shape)
        human = torch.cat([batch.human[..., None], torch.zeros_like(known)], 2)
        pseudo = torch.cat([batch.pseudo[..., None], known], 2)
        loss = track_loss(self._found(batch, target), target, human, pseudo)
        return {"track": loss, "orthogonal": self._adapters.regularisation()}

    def follow(self, batch: TrackRun) -> Tensor:
        """Where the network finds the point that the first frame's label names: (B, T, 2), pixels of 512 by 384.

        The run's keypoints are followed beside it, as in training: points see each other.
        """
        return self._found(batch, _all_points(batch))[:, :, 0]

    def _found(self, batch: TrackRun, target: Tensor) -> Tensor:
        """The source and the keypoints, (B, T, 1 + K, 2), each from where target has it in the frame it is asked in."""
        times = F.pad(batch.asked, (1, 0))
        asked_at = times[:, None, :, None].expand(-1, 1, -1, 2)
        xy = target.gather(1, asked_at)[:, 0]
        return joined_xy(track_clip(self.model, self._cued(batch), times, xy, memory=MEMORY))

    def _cued(self, batch: TrackRun) -> list[CuedFeatures]:
        return list(cued_frames(self.model, self._features(batch), batch.frames.float().unbind(1), self._flow))

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


def keypoint_tracks(keypoints: Iterable[Keypoint], size: ImageSize) -> list[KeypointTrack]:
    """The source's pseudo-keypoints in the order of their numbers; size: of the frames that their places are in.

    One that is seen in fewer than two frames is left out: the first is asked for, and there is nothing to find.
    """
    rows: dict[int, list[Keypoint]] = {}
    for keypoint in keypoints:
        if keypoint.target == SOURCE:
            rows.setdefault(keypoint.keypoint, []).append(keypoint)
    scale = np.array(SIZE[::-1], np.float32) / np.array([size.width, size.height], np.float32)
    tracks = []
    for _, track in sorted(rows.items()):
        seen = sorted((row for row in track if row.visible), key=lambda row: row.frame)
        if len(seen) > 1:
            xy = np.array([(row.x, row.y) for row in seen], np.float32) * scale
            tracks.append(KeypointTrack(np.array([row.frame for row in seen]), xy))
    return tracks


def _keypoints_of(run: range, tracks: Sequence[KeypointTrack]) -> tuple[Tensor, Tensor, Tensor]:
    """`asked`, `keypoint` and `keypoint_known` of a TrackRun."""
    asked = np.zeros(len(tracks), np.int64)
    xy = np.zeros((len(run), len(tracks), 2), np.float32)
    known = np.zeros((len(run), len(tracks)), bool)
    for number, track in enumerate(tracks):
        at = track.frames - run.start
        asked[number] = at[0]
        xy[at, number] = track.xy
        known[at[1:], number] = True  # the first place is given, not found
    return torch.from_numpy(asked), torch.from_numpy(xy), torch.from_numpy(known)


def _all_points(batch: TrackRun) -> Tensor:
    """The source's places and the keypoints', (B, T, 1 + K, 2); 0 where there is no label."""
    # A run made without keypoints has an empty tensor of no frames.
    beside = batch.keypoint.reshape(*batch.point.shape[:2], batch.asked.shape[1], 2)
    return torch.cat([batch.point[:, :, None], beside], 2)
