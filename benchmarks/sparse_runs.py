"""A few frames of each run from label to label: what a CPU can train the tracker on, for the ablation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from ..models.bleedorigin.track_clip import joined_xy, track_clip
from ..models.bleedorigin.track_clips import short_clips
from ..models.bleedorigin.track_network import TrackNetwork
from ..models.track_on.features import SIZE
from .training.batches import stacked
from .training.cached_clips import CachedClip
from .training.track_task import MEMORY, TrackRun

FRAMES: Final = 4  # of a run: its two labels, and two between them


@dataclass(frozen=True, eq=False)
class SparseRuns:
    """Every short run of some clips, FRAMES of its frames each. pseudo: learn from pseudo-labels as well.

    runs: number of the clip, and the frames from one person's label to the next.
    """

    clips: Sequence[CachedClip]
    runs: Sequence[tuple[int, range]]
    pseudo: bool

    @classmethod
    def of(cls, clips: Sequence[CachedClip], *, pseudo: bool) -> "SparseRuns":
        """Raises ValueError where no clip has two labels a second apart."""
        runs = [(at, run) for at, clip in enumerate(clips) for run in short_clips(_labelled(clip))]
        if not runs:
            raise ValueError("no clip has two people's labels a second apart")
        return cls(clips, runs, pseudo)

    def __len__(self) -> int:
        return len(self.runs)

    def item(self, epoch: int, index: int) -> TrackRun:  # noqa: ARG002 - nothing is drawn, epochs are alike
        """The run of an index, whatever the epoch."""
        at, run = self.runs[index]
        clip, labels = self.clips[at], self.clips[at].labels
        frames = np.linspace(run.start, run.stop - 1, FRAMES).round().astype(int)
        after_start = np.arange(FRAMES) > 0  # the first place is given, not found
        return TrackRun(
            torch.from_numpy(clip.pictures(frames)),
            torch.from_numpy(labels.point[frames] * np.array(SIZE[::-1], np.float32)),
            torch.from_numpy(labels.visible[frames] & labels.human[frames] & after_start),
            torch.from_numpy(labels.visible[frames] & ~labels.human[frames] & self.pseudo),
            torch.tensor([at, run.start, run.stop]),
        )


def track_errors(network: TrackNetwork, items: SparseRuns) -> tuple[np.ndarray, np.ndarray]:
    """Of every run, asked for its first label: how far from the last one the network ends, and the first one is.

    Both (N,), pixels of the 512 by 384 picture: the second is the error of standing still. No MDG.
    """
    network.eval()
    errors, still = [], []
    for index in range(len(items)):
        run = stacked([items.item(0, index)])
        start, end = run.point[:, :1], run.point[0, -1]
        with torch.no_grad():
            frames = [network.encode(frame.float()) for frame in run.frames.unbind(1)]
            asked = torch.zeros(1, 1, dtype=torch.long)
            found = joined_xy(track_clip(network, frames, asked, start, memory=MEMORY))[0, -1, 0]
        errors.append(float((found - end).norm()))
        still.append(float((start[0, 0] - end).norm()))
    return np.array(errors), np.array(still)


def _labelled(clip: CachedClip) -> list[int]:
    return np.flatnonzero(clip.labels.visible & clip.labels.human).tolist()
