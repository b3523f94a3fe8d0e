"""Water flushing: a jet from the endoscope that clears blood for moments, with the splash it makes."""

from dataclasses import dataclass

import numpy as np
import torch

from . import time_curves
from .config import PhantomClip


@dataclass(frozen=True, eq=False)
class Flushing:
    """flow (T,): strength of the jet in [0, 1]. target (T, 2): tissue it hits, mm. radius_mm: of what it clears."""

    flow: np.ndarray
    target: np.ndarray
    radius_mm: float

    @classmethod
    def of(cls, clip: PhantomClip, source: np.ndarray) -> "Flushing":
        """Squirts of 0.7 to 2 s about the first source, more and stronger with the scenario's strength."""
        rng, strength = clip.rng("flushing"), clip.strength("water flushing")
        times = np.arange(clip.n_frames) / clip.fps
        flow = np.zeros(clip.n_frames)
        at = (clip.onset_frame or 0) / clip.fps + rng.uniform(0.1, 0.7)
        while strength and at < times[-1]:
            length = rng.uniform(0.7, 2.0)
            ramp = np.minimum((times - at) / 0.15, (at + length - times) / 0.15).clip(0, 1)
            flow = np.maximum(flow, ramp * (0.4 + 0.6 * strength))
            at += length + rng.uniform(1.0, 4.0) / (0.5 + strength)
        wander = np.stack([time_curves.drift(rng, times, 0.8) for _ in range(2)], axis=1)
        target = source + 0.05 * clip.view_mm * wander
        return cls(flow, target, clip.disturbances.jet * clip.view_mm)

    def spread(self, t: int, grid: torch.Tensor, half_mm: float) -> torch.Tensor:
        """How hard the jet hits each cell of a square grid over the field, 0..1, shaped like `grid`."""
        cells = grid.shape[0]
        axis = ((torch.arange(cells, device=grid.device, dtype=torch.float32) + 0.5) / cells * 2 - 1) * half_mm
        x, y = (torch.exp(-0.5 * ((axis - float(c)) / self.radius_mm) ** 2) for c in self.target[t])
        return y[:, None] * x[None, :]
