"""What lies between tissue and lens without a shape of its own: drifting smoke, and blood smeared on the lens."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from . import time_curves
from .config import PhantomClip
from .noise import fractal

_TILE = 128  # cells of the noise that is enlarged to the image
SMOKE_LIGHT = (0.36, 0.34, 0.335)
SMEAR_LIGHT = (0.11, 0.016, 0.016)


class Veils:
    """Optical depth of smoke and opacity of a lens smear, frame by frame."""

    def __init__(self, clip: PhantomClip, device: str) -> None:
        rng = clip.rng("veils")
        times = np.arange(clip.n_frames) / clip.fps
        self._size = (clip.size.height, clip.size.width)
        tiles = np.stack([fractal(rng, 2 * _TILE, cells, 4, 0.6) for cells in (5, 9)])
        self._tiles = torch.from_numpy(tiles.astype(np.float32)).to(device)
        self._drift = rng.uniform(-1, 1, (2, 2)) * (26.0, 14.0)
        self._start = rng.uniform(0, _TILE, (2, 2))
        puffs = np.exp(0.5 * time_curves.drift(rng, times, 1.5)) * (1 - np.exp(-times / 0.8))
        self._smoke = clip.strength("smoke") * clip.disturbances.smoke_depth * puffs
        self._smear = clip.strength("obscured view") * (0.75 + 0.25 * np.tanh(time_curves.drift(rng, times, 3.0)))
        smear = fractal(rng, _TILE, 2.2, 4, 0.5)
        self._smear_shape = torch.from_numpy(smear.astype(np.float32)).to(device)
        self._times = times

    def smoke(self, t: int) -> torch.Tensor | None:
        """Optical depth (H, W) at frame t, or None in clean air: light from the tissue is scaled by exp(-depth)."""
        if self._smoke[t] < 1e-3:
            return None
        layers = [self._window(k, t) for k in range(2)]
        wisps = 0.5 * F.softplus(1.0 + 1.1 * layers[0] + 0.6 * layers[1])
        return float(self._smoke[t]) * self._enlarge(wisps)

    def smear(self, t: int) -> torch.Tensor | None:
        """Opacity (H, W) of the smear at frame t, or None with a clean lens."""
        if self._smear[t] < 1e-3:
            return None
        shape = (self._smear_shape * 0.55 + float(self._smear[t]) - 0.55).clamp(0, 0.85)
        return self._enlarge(shape).clamp(0, 0.85)

    def _window(self, k: int, t: int) -> torch.Tensor:
        """A moving cut-out of noise tile k, going to and fro so that it never runs off."""
        at = self._start[k] + self._drift[k] * self._times[t]
        at = _TILE - np.abs(np.mod(at, 2 * _TILE) - _TILE)
        column, row = (int(v) for v in at)
        part = self._tiles[k, row : row + _TILE, column : column + _TILE]
        fx, fy = at - np.floor(at)
        part = F.pad(part[None, None], (0, 1, 0, 1), mode="replicate")[0, 0]
        upper = part[:-1, :-1] * (1 - fx) + part[:-1, 1:] * fx
        lower = part[1:, :-1] * (1 - fx) + part[1:, 1:] * fx
        return upper * (1 - fy) + lower * fy

    def _enlarge(self, field: torch.Tensor) -> torch.Tensor:
        return F.interpolate(field[None, None], self._size, mode="bicubic", align_corners=False)[0, 0]
