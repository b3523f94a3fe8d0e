"""What a model costs: parameters, operations of one frame, frames a second, memory (BleedOrigin Table 10)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from ...datasets.schema import ImageSize
from ...models.point_tracker import PointTracker
from ..predictions.schemas import Task
from ..runs.record import Efficiency
from .peak_memory import PeakMemory
from .prediction_clock import PredictionClock
from .predictors import OnsetPredictor, Predictor, RegionPointPredictor, SourcePredictor

WARM: Final = 16
"""Frames before the one that is counted: models remember some (BlooDet 7) and cost more once they do."""


class HasModule(Protocol):
    """A predictor may have this: the torch module that does its work. Without it there is nothing to count."""

    module: nn.Module


def efficiency(
    task: Task,
    predictor: Predictor,
    size: ImageSize,
    clock: PredictionClock,
    memory: PeakMemory | None = None,
) -> Efficiency:
    """What was measured of a predictor that has answered; None for what it has not or what cannot be counted.

    size: of the frames that it is given; clock: of its evaluation. Parameters are those of `module`, see HasModule.
    Operations are all that torch does, with those of a frozen flow network that is no part of the module; what OpenCV
    does is not counted. memory: made before the predictor was.
    """
    held = None if memory is None else memory.mib()  # before operations are counted, which takes memory of its own
    module: nn.Module | None = getattr(predictor, "module", None)
    if module is None:
        return Efficiency(frames_per_s=clock.frames_per_s, memory_mib=held)
    parameters = list(module.parameters())
    return Efficiency(
        parameters=sum(one.numel() for one in parameters),
        trainable=sum(one.numel() for one in parameters if one.requires_grad),
        flops=_ONE_FRAME[task](predictor, size) if task in _ONE_FRAME else None,
        frames_per_s=clock.frames_per_s,
        memory_mib=held,
    )


def _of_region_point(predictor: RegionPointPredictor, size: ImageSize) -> float:
    return _of_stream(lambda frames: [None for _ in predictor.frames(frames)], size, WARM)


def _of_onset(predictor: OnsetPredictor, size: ImageSize) -> float:
    """Of a frame that ends a window of an OnsetModel, as all do once there has been one."""
    window: int = getattr(getattr(predictor, "module", None), "window", 0)
    return _of_stream(predictor.onset, size, max(WARM, window))


def _of_source(predictor: SourcePredictor, size: ImageSize) -> float:
    with _counter() as counter:
        predictor.source(_blank(size))
    return float(counter.get_total_flops())


def _of_track(predictor: PointTracker, size: ImageSize) -> float:
    """A frame encoded, and what one more of them adds to a track."""
    start = np.array([[size.width / 2, size.height / 2]], np.float32)
    with _counter() as counter:
        frame = predictor.encode(_blank(size))
        reached = [counter.get_total_flops()]
        for length in (WARM, WARM + 1):
            predictor.track([frame] * length, start)
            reached.append(counter.get_total_flops())
    encoded, shorter, longer = np.diff([0, *reached])
    return float(encoded + longer - shorter)


def _of_stream(ask: Callable[[Iterator[tuple[int, np.ndarray]]], Any], size: ImageSize, warm: int) -> float:
    """What was computed between the taking of frame number `warm` and that of the next."""
    reached: list[int] = []

    def frames() -> Iterator[tuple[int, np.ndarray]]:
        for number in range(warm + 2):
            reached.append(counter.get_total_flops())
            yield number, _blank(size)

    with _counter() as counter:
        ask(frames())
    return float(reached[-1] - reached[-2])


# Not of a chain: it is three models, of which two work now and then.
_ONE_FRAME: Final[Mapping[Task, Callable[[Any, ImageSize], float]]] = {
    "region-point": _of_region_point,
    "onset": _of_onset,
    "source": _of_source,
    "track": _of_track,
}


def _blank(size: ImageSize) -> np.ndarray:
    return np.zeros((size.height, size.width, 3), np.uint8)


def _counter() -> FlopCounterMode:
    """Counts a multiply-add as two; torch's own does not know the attention of the CPU."""
    attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    return FlopCounterMode(display=False, custom_mapping={attention: _attention})


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))
