"""What a model says of a clip, in the pixels of the clip's own frames: the hook that pre-annotation calls."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..datasets.errors import BleedkitError
from ..datasets.schema import ImageSize
from .bleedorigin.onset_decode import decode_onset, onset_of_window
from .clip_prediction import ClipPrediction
from .onset_model import OnsetModel, OnsetWindows
from .picture_frame import StretchedPicture
from .region_point_model import OnlineRegionPointModel, RegionPoint
from .source_model import SourceModel
from .weights import check_loaded

Frames = Iterable[tuple[int, np.ndarray]]  # number in the clip, (H, W, 3) uint8 RGB; in order, none left out


@dataclass(frozen=True, eq=False)
class FramePrediction:
    """One frame. point (2,) float32: the bleeding source, pixels of the stored frame, x then y.

    confidence in [0, 1]: of its presence; present: above 0.5. mask (H, W) bool: the bleeding region, stored size.
    """

    frame: int
    point: np.ndarray
    present: bool
    confidence: float
    mask: np.ndarray


@dataclass(frozen=True)
class Onset:
    """The first bleeding frame of a clip, None where the model sees none.

    confidence in [0, 1]: of the window that says so, the most confident where several do; where none does, of the most
    confident window of all; NaN where the clip is shorter than one window.
    """

    frame: int | None
    confidence: float


def region_point_frames(
    model: OnlineRegionPointModel,
    frames: Frames,
    *,
    picture: ImageSize,
    device: str | torch.device = "cpu",
    allow_random: bool = False,
) -> Iterator[FramePrediction]:
    """What an online model says of each frame, as soon as that has come; no frame is held on to.

    picture: what the model takes; device: where the model is. It stays in evaluation mode until the last frame. Raises
    BleedkitError where its weights are random and `allow_random` does not say that they may be, where a frame is
    missing, or where two are of different sizes.
    """
    _check_loaded(model, allow_random)
    with _evaluating(model):
        state = model.start()
        for number, stretched, tensor in _pictures(frames, picture):
            seen, state = _region_point_step(model, tensor.to(device), state)
            logit = float(seen.presence_logit[0])
            yield FramePrediction(
                number,
                stretched.to_frame(seen.point[0]),
                logit > 0,
                _sigmoid(logit),
                stretched.mask(seen.mask_logits[0]),
            )


def predict_region_point(
    model: OnlineRegionPointModel,
    frames: Frames,
    *,
    picture: ImageSize,
    device: str | torch.device = "cpu",
    masks: bool = True,
    allow_random: bool = False,
) -> ClipPrediction:
    """A clip by region_point_frames. masks: keep them, one byte a pixel and frame; without, memory does not grow.

    Raises BleedkitError as region_point_frames does, and ValueError where there are no frames.
    """
    kept: list[FramePrediction] = []
    regions: list[np.ndarray] = []
    for seen in region_point_frames(model, frames, picture=picture, device=device, allow_random=allow_random):
        if masks:
            regions.append(seen.mask)
        kept.append(FramePrediction(seen.frame, seen.point, seen.present, seen.confidence, seen.mask[:0]))
    if not kept:
        raise ValueError("a clip has at least one frame")
    return ClipPrediction(
        first_frame=kept[0].frame,
        points=np.stack([seen.point for seen in kept]),
        present=np.array([seen.present for seen in kept]),
        confidence=np.array([seen.confidence for seen in kept], np.float32),
        masks=np.stack(regions) if masks else None,
    )


def predict_onset(
    model: OnsetModel,
    frames: Frames,
    *,
    picture: ImageSize,
    device: str | torch.device = "cpu",
    allow_random: bool = False,
) -> Onset:
    """The first bleeding frame, its number in the clip, by BleedOrigin Eq. 2 over all windows of the clip.

    Frames stream through the model's own state; of each window two numbers are kept. Raises BleedkitError as
    region_point_frames does.
    """
    _check_loaded(model, allow_random)
    said: list[tuple[Tensor, Tensor]] = []
    first: int | None = None
    with _evaluating(model):
        state = model.start()
        for number, _, tensor in _pictures(frames, picture):
            first = number if first is None else first
            window, state = _onset_step(model, tensor.to(device), state)
            if window is not None:
                said.append((window.position[0].float().cpu(), window.confidence_logit[0].float().cpu()))
    if first is None or not said:
        return Onset(None, float("nan"))
    position, logit = (torch.stack(values) for values in zip(*said, strict=True))
    return _decoded(position, logit, model.window, first)


def predict_source(
    model: SourceModel,
    rgb: np.ndarray,
    *,
    picture: ImageSize,
    device: str | torch.device = "cpu",
    allow_random: bool = False,
) -> np.ndarray:
    """The bleeding source in one frame (H, W, 3) uint8: (2,) float32, pixels of the frame, x then y.

    The model always names a place; whether there is bleeding is for others to say. Raises BleedkitError where its
    weights are random and `allow_random` does not say that they may be.
    """
    _check_loaded(model, allow_random)
    with _evaluating(model), torch.inference_mode():
        _, stretched, tensor = next(_pictures([(0, rgb)], picture))
        return stretched.to_frame(model(tensor.to(device)).point[0])


def _check_loaded(model: object, allow_random: bool) -> None:
    """Refuse random weights, those of the frozen flow included: that is no part of the model and has its own mark."""
    flow = getattr(model, "flow", None)
    for part in (model, flow) if isinstance(flow, nn.Module) else (model,):
        check_loaded(part, allow_random=allow_random)


def _decoded(position: Tensor, logit: Tensor, window: int, first: int) -> Onset:
    onset = decode_onset(position, logit, window)
    if onset is None:
        return Onset(None, _sigmoid(float(logit.max())))
    saying = (logit > 0) & (onset_of_window(position, window) == onset)
    return Onset(first + onset, _sigmoid(float(logit[saying].max())))


# Mode by step and not round the loop: a generator that is not running would leave it on for whoever called it.
@torch.inference_mode()
def _region_point_step(model: OnlineRegionPointModel, picture: Tensor, state: Any) -> tuple[RegionPoint, Any]:
    return model.step(picture, state)


@torch.inference_mode()
def _onset_step(model: OnsetModel, picture: Tensor, state: Any) -> tuple[OnsetWindows | None, Any]:
    return model.step(picture, state)


def _pictures(frames: Frames, picture: ImageSize) -> Iterator[tuple[int, StretchedPicture, Tensor]]:
    """Every frame's number, how it was stretched, and the picture (1, 3, h, w)."""
    stretched, wanted = None, None
    for number, rgb in frames:
        size = ImageSize(rgb.shape[1], rgb.shape[0])
        stretched = stretched or StretchedPicture(size, picture)
        if wanted not in (None, number):
            raise BleedkitError(f"frame {wanted} is missing, after {wanted - 1} came {number}", "give every frame")
        if size != stretched.frame:
            raise BleedkitError(f"frame {number} is {size}, those before are {stretched.frame}", "cut the clip there")
        wanted = number + 1
        yield number, stretched, stretched.tensor(rgb)[None]


@contextmanager
def _evaluating(model: object) -> Iterator[None]:
    """The model in evaluation mode, and as it was afterwards."""
    training = isinstance(model, nn.Module) and model.training
    if isinstance(model, nn.Module):
        model.eval()
    try:
        yield
    finally:
        if isinstance(model, nn.Module):
            model.train(training)


def _sigmoid(logit: float) -> float:
    return float(torch.sigmoid(torch.tensor(logit, dtype=torch.float64)))
