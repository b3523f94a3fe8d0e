"""Points carried by dense optical flow, frame to frame, and given up where the way there and back disagree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

import numpy as np

from .chain import chained
from .dis_flow import DisFlow
from .flow_model import FlowModel, flow_at
from .point_tracker import PointTracks

# Sundaram, Brox and Keutzer, ECCV 2010, Eq. 5: a step is occluded where |f + b|^2 > ALPHA (|f|^2 + |b|^2) + BETA, with
# f the flow there and b the flow back from where it leads, in pixels of the working picture.
ALPHA: Final = 0.01
BETA: Final = 0.5


@dataclass(frozen=True, eq=False)
class _View:
    """One encoded frame. content: the flow model's own; size: width and height of the frame, (2,) float32.

    flows: to other frames, each computed once and dropped as soon as nobody holds either frame.
    """

    content: Any
    size: np.ndarray
    flows: WeakKeyDictionary["_View", np.ndarray] = field(default_factory=WeakKeyDictionary)


class DenseFlow:
    """A flow model as a point tracker. alpha, beta: of the occlusion test, see ALPHA.

    A pair's flow is shared by all points, both directions and all segments whose frames are encoded once.
    """

    causal: ClassVar[bool] = True

    def __init__(self, model: FlowModel, *, alpha: float, beta: float) -> None:
        self._model, self._alpha, self._beta = model, alpha, beta

    def encode(self, frame: np.ndarray) -> _View:
        """An RGB frame (H, W, 3) uint8, encoded by the flow model."""
        return _View(self._model.encode(frame), np.array(frame.shape[1::-1], np.float32))

    def track(self, encoded: Sequence[_View], start: np.ndarray) -> PointTracks:
        """Follow points frame by frame; one that is occluded or leaves the picture stays and is hidden from then on."""
        return chained(self._step, encoded, start)

    def _step(self, before: _View, now: _View, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there, back = self._flow(before, now), self._flow(now, before)
        picture = np.array(there.shape[1::-1], np.float32)
        scale = picture / before.size
        moved = flow_at(there, xy * scale)
        end = xy * scale + moved
        returned = flow_at(back, end)
        miss = moved + returned
        allowed = self._alpha * np.sum(moved**2 + returned**2, axis=1) + self._beta
        inside = np.all((end >= 0) & (end < picture), axis=1)
        holds = inside & (np.sum(miss**2, axis=1) <= allowed)
        error = np.linalg.norm(miss / scale, axis=1)
        return xy + moved / scale, np.where(holds, error, np.float32(np.inf)).astype(np.float32)

    def _flow(self, first: _View, second: _View) -> np.ndarray:
        if second not in first.flows:
            first.flows[second] = self._model.flow(first.content, second.content)
        return first.flows[second]


def dis(*, width: int = 480, alpha: float = ALPHA, beta: float = BETA) -> DenseFlow:
    """By DIS, on pictures at most `width` pixels wide."""
    return DenseFlow(DisFlow(width=width), alpha=alpha, beta=beta)


def raft(
    *,
    weights: Mapping[str, Path],
    device: str,
    width: int = 512,
    updates: int = 12,
    alpha: float = ALPHA,
    beta: float = BETA,
) -> DenseFlow:
    """By RAFT, on pictures at most `width` pixels wide. updates: of its recurrent unit."""
    from .raft_flow import RaftFlow

    model = RaftFlow(weights["raft"], device=device, width=width, updates=updates)
    return DenseFlow(model, alpha=alpha, beta=beta)


def pwcnet(
    *, weights: Mapping[str, Path], device: str, width: int = 512, alpha: float = ALPHA, beta: float = BETA
) -> DenseFlow:
    """By PWC-Net, on pictures at most `width` pixels wide."""
    from .pwc_flow import PwcFlow

    return DenseFlow(PwcFlow(weights["pwcnet"], device=device, width=width), alpha=alpha, beta=beta)
