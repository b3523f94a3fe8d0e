"""The water jet as it is seen: a glassy stream from the endoscope's channel to where it hits, and its splash.

It moves too fast to be drawn but as streaks, and lets enough light through that it hides nothing.
"""

import numpy as np
import torch

from .config import PhantomClip
from .flushing import Flushing
from .rods import Rod, across_rod, box_of
from .surface_map import SurfaceMap

_WATER = (0.62, 0.68, 0.72)


class WaterJet:
    """Draws a clip's flushing into its frames."""

    def __init__(self, clip: PhantomClip, flushing: Flushing, surface: SurfaceMap) -> None:
        rng = clip.rng("water jet")
        self._rng_seed = int(rng.integers(2**62))
        angle = rng.uniform(0.2, 0.8) * np.pi
        size = np.array([clip.size.width, clip.size.height])
        self._nozzle = size / 2 + np.array([np.cos(angle), np.sin(angle)]) * 0.7 * np.hypot(*size)
        self._flow, self._width = flushing.flow, clip.size.width
        self._hits = np.concatenate([surface.to_image(t, flushing.target[t : t + 1]) for t in range(clip.n_frames)])

    def draw(self, light: torch.Tensor, t: int, centres: torch.Tensor) -> None:
        """Paint the jet of frame t over linear light (3, H, W), in place."""
        strength = float(self._flow[t])
        if strength <= 0 or not np.isfinite(self._hits[t]).all():
            return
        rng = np.random.default_rng([self._rng_seed, t])
        hit, w = self._hits[t], self._width
        stream = Rod(self._nozzle, hit, (0.045 * w, 0.016 * w), _WATER, 1.0)
        self._blend(light, stream, 0.42 * strength, centres, rng.uniform(0, 6.28, 3))
        for _ in range(int(10 + 16 * strength)):
            angle, reach = rng.uniform(0, 2 * np.pi), rng.exponential(0.03) * w
            out = np.array([np.cos(angle), np.sin(angle)])
            drop = Rod(
                hit + 0.7 * reach * out,
                hit + (reach + 1) * out,
                (0.0025 * w, 0.004 * w * rng.uniform(0.3, 1)),
                _WATER,
                1.0,
            )
            self._blend(light, drop, 0.6 * strength, centres, None)

    @staticmethod
    def _blend(light: torch.Tensor, rod: Rod, opacity: float, centres: torch.Tensor, phases: np.ndarray | None) -> None:
        box = box_of(rod, centres.shape[1:], np.zeros(2), 2.0)
        if box is None:
            return
        across, radius = across_rod(rod, centres[(slice(None), *box)], np.zeros(2))
        side = (across / radius).clamp(-1, 1)
        share = opacity * (radius - across.abs() + 0.5).clamp(0, 1)
        if phases is not None:
            ropes = sum(torch.sin(side * k + float(phase)) for k, phase in zip((5.0, 9.0, 16.0), phases, strict=True))
            share = share * (0.35 + 0.3 * side * side + 0.22 * ropes).clamp(0.05, 1)
        for channel in range(3):
            light[channel][box] += share * (rod.colour[channel] - light[channel][box])
