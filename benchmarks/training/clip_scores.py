"""How a model does on cached clips: the figures that over-fitting and ablations are judged by.

Regions are compared at the size of the cached pictures, pooled over all frames; points in the stretched square picture,
as SurgBlood's released code does: a distance of 0.1 is 10 % of its side. A figure of nothing is NaN, with n = 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ...models.bleedorigin.onset_decode import decode_onset
from ...models.bleedorigin.onset_network import OnsetNetwork
from ...models.region_point_model import RegionPoint
from .cached_clips import CachedClip
from .clip_windows import Window, window
from .onset_task import OnsetClips
from .source_task import LabelledPictures


@dataclass(frozen=True)
class RegionPointScores:
    """iou: of all pixels of frames whose region is known, higher is better; frames: how many those are.

    pck (a, share): for a = 0.02, 0.05 and 0.1, the share of frames with a true point whose predicted point lies closer
    than a. error: mean distance of those; points: how many. presence: share of frames whose presence is told right.
    """

    iou: float
    frames: int
    pck: tuple[tuple[float, float], ...]
    error: float
    points: int
    presence: float


def region_point_scores(model: nn.Module, clips: Sequence[CachedClip]) -> RegionPointScores:
    """A RegionPointModel on whole clips, each from its first frame on. The model is left in evaluation mode."""
    model.eval()
    both, either, frames = 0, 0, 0
    errors: list[np.ndarray] = []
    presence: list[np.ndarray] = []
    for clip in clips:
        truth, found = _seen(model, clip)
        known = truth.mask_known.numpy()
        inside, true = _regions(found, truth)[known], truth.masks.numpy()[known] > 0
        both, either, frames = (
            both + int((inside & true).sum()),
            either + int((inside | true).sum()),
            frames + len(true),
        )
        errors.append((found.point - truth.point).norm(dim=-1).numpy()[truth.present.numpy()])
        presence.append(((found.presence_logit > 0) == truth.present).numpy()[truth.point_known.numpy()])
    error, right = np.concatenate(errors), np.concatenate(presence)
    pck = tuple((limit, _mean(error < limit)) for limit in (0.02, 0.05, 0.1))
    iou = both / either if either else float("nan")
    return RegionPointScores(iou, frames, pck, _mean(error), len(error), _mean(right))


def onset_errors(model: OnsetNetwork, items: OnsetClips) -> np.ndarray:
    """Frames between the onset by Eq. 2 and the label, of every clip that bleeds; NaN where none was found."""
    model.eval()
    found = []
    for clip in items.clips:
        first, end = items.shown(clip)
        onset = clip.labels.onset
        if onset is None or onset < 0:
            continue
        with torch.no_grad():
            said = model(torch.from_numpy(clip.pictures(slice(first, end)))[None].float() / 255)
        frame = decode_onset(said.position[0], said.confidence_logit[0], model.window)
        found.append(np.nan if frame is None else abs(first + frame - onset))
    return np.array(found, float)


def source_errors(model: nn.Module, items: LabelledPictures) -> np.ndarray:
    """Distance of a SourceModel's point from each person's label, (N,)."""
    model.eval()
    found = []
    for index in range(len(items)):
        item = items.item(0, index)
        with torch.no_grad():
            point = model(item.picture[None].float() / 255).point[0]
        found.append(float((point - item.point).norm()))
    return np.array(found, float)


def _seen(model: nn.Module, clip: CachedClip) -> tuple[Window, RegionPoint]:
    truth = window(clip, slice(0, len(clip)))
    with torch.no_grad():
        found = model(truth.clip[None])
    return truth, RegionPoint(found.mask_logits[0], found.point[0], found.presence_logit[0])


def _regions(found: RegionPoint, truth: Window) -> np.ndarray:
    size = (truth.masks.shape[-2], truth.masks.shape[-1])
    large = functional.interpolate(found.mask_logits, size, mode="bilinear", align_corners=False)
    inside: np.ndarray = (large > 0).numpy()
    return inside


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
