"""Rods: tapered straight pieces with round ends, what instruments and water jets are drawn from. Pixels."""

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Rod:
    """start, end (2,). radius: at either end. colour: linear RGB. shine: strength of its streak of light."""

    start: np.ndarray
    end: np.ndarray
    radius: tuple[float, float]
    colour: tuple[float, float, float]
    shine: float


def across_rod(rod: Rod, centres: torch.Tensor, offset: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Signed distance of pixels from the rod's axis, and its radius there, both in pixels; ends are round."""
    start, end = rod.start + offset, rod.end + offset
    axis = end - start
    length = float(np.hypot(*axis))
    dx, dy = centres[0] - float(start[0]), centres[1] - float(start[1])
    along = (dx * float(axis[0]) + dy * float(axis[1])) / length
    sideways = (dy * float(axis[0]) - dx * float(axis[1])) / length
    share = (along / length).clamp(0, 1)
    beyond = along - share * length
    radius = rod.radius[0] + (rod.radius[1] - rod.radius[0]) * share
    return torch.where(beyond == 0, sideways, torch.copysign(torch.hypot(sideways, beyond), sideways)), radius


def box_of(rod: Rod, shape: torch.Size, offset: np.ndarray, margin: float) -> tuple[slice, slice] | None:
    """Rows and columns the rod can touch, or None where it lies outside the image."""
    reach = max(rod.radius) + margin
    ends = np.stack([rod.start, rod.end]) + offset
    low = np.floor(ends.min(axis=0) - reach).clip(0).astype(int)
    high = np.minimum(np.ceil(ends.max(axis=0) + reach), (shape[1], shape[0])).astype(int)
    if (high <= low).any():
        return None
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))
