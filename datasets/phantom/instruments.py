"""Instruments in the field: shafts with jaws or a knife, shaded as metal, with the shadow they cast on tissue."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from . import time_curves
from .config import PhantomClip
from .pixel_sampling import smooth_step
from .rods import Rod, across_rod, box_of
from .sites import SceneKind

_STEEL: Final = (0.15, 0.155, 0.165)
_DARK: Final = (0.022, 0.022, 0.025)
_SHEATH: Final = (0.30, 0.32, 0.31)
_TIP: Final = (0.10, 0.20, 0.24)


@dataclass(frozen=True, eq=False)
class Instrument:
    """tip (T, 2): pixels. root (2,): where the shaft comes in, outside the image. width: of the shaft, pixels.

    opening (T,): angle between the jaws, radians. flexible: through an endoscope's channel rather than a trocar.
    """

    tip: np.ndarray
    root: np.ndarray
    width: float
    opening: np.ndarray
    flexible: bool

    def parts(self, t: int) -> list[Rod]:
        """The rods it is drawn from at frame t, far ones first."""
        tip, back = self.tip[t], self.root - self.tip[t]
        back = back / np.hypot(*back)
        r = self.width / 2
        if self.flexible:
            mouth = tip + 2.2 * r * back
            needle = Rod(mouth, tip, (0.22 * r, 0.14 * r), _STEEL, 1.6)
            ring = Rod(mouth, mouth + 1.4 * r * back, (0.92 * r, r), _TIP, 0.5)
            return [needle, Rod(mouth + 1.4 * r * back, self.root, (r, 1.15 * r), _SHEATH, 0.35), ring]
        wrist = tip + 5 * r * back
        collar = Rod(wrist, wrist + 2.2 * r * back, (0.75 * r, 0.95 * r), _STEEL, 1.0)
        shaft = Rod(wrist + 2.2 * r * back, self.root, (r, 1.1 * r), _DARK, 0.5)
        jaws = []
        for side in (-0.5, 0.5):
            angle = side * self.opening[t]
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            jaws.append(Rod(wrist, wrist + turn @ (-5 * r * back), (0.68 * r, 0.36 * r), _STEEL, 1.2))
        return [shaft, collar, *jaws]


def instruments_of(clip: PhantomClip, source_xy: np.ndarray) -> list[Instrument]:
    """The clip's instruments. source_xy (T, 2): where the first source is in the image, which interference crosses."""
    rng, strength = clip.rng("instruments"), clip.strength("instrument interference")
    several = clip.place.kind is SceneKind.LAPAROSCOPIC and strength > 0.5
    count = 1 + several if strength else int(rng.uniform() < 0.45)
    return [_instrument(clip, rng, source_xy, strength) for _ in range(count)]


def _instrument(clip: PhantomClip, rng: np.random.Generator, source_xy: np.ndarray, strength: float) -> Instrument:
    size = np.array([clip.size.width, clip.size.height], float)
    flexible = clip.place.kind is SceneKind.ENDOSCOPIC
    angle = rng.uniform(0.15, 0.85) * np.pi if flexible or rng.uniform() < 0.7 else rng.uniform(-0.3, 0.3)
    outward = np.array([np.cos(angle), np.sin(angle)])
    root = size / 2 + outward * np.hypot(*size) * 0.75
    times = np.arange(clip.n_frames) / clip.fps
    sway = 0.03 * np.stack([time_curves.drift(rng, times, 1.2) for _ in range(2)], axis=1)
    idle = size * (0.5 + outward * rng.uniform(0.26, 0.4) + sway)
    visits = np.zeros(len(times))
    at = rng.uniform(0.2, 1.5)
    while strength and at < times[-1] + 1e-9:
        stay = rng.uniform(0.4, 1.6)
        visits = np.maximum(visits, 0.5 * (np.tanh((times - at) / 0.18) - np.tanh((times - at - stay) / 0.18)))
        at += stay + rng.uniform(0.4, 3.0) / (0.3 + strength)
    width = clip.disturbances.shaft_mm or (2.6 if flexible else 5.0)
    width *= rng.uniform(1.15, 1.6) / clip.view_mm * size[0]  # nearer than the tissue, so larger
    beyond = source_xy - outward * rng.uniform(1.2, 3.0) * strength * width + 0.5 * sway * size
    tip = idle + visits[:, None] * (np.where(np.isfinite(beyond), beyond, idle) - idle)
    opening = 0.28 + 0.22 * np.sin(2 * np.pi * rng.uniform(0.2, 0.6) * times + rng.uniform(0, 6))
    return Instrument(tip, root, width, opening, flexible)


def cast_shadow(light: torch.Tensor, instrument: Instrument, t: int, centres: torch.Tensor) -> None:
    """Darken the tissue (3, H, W) beside and below the instrument, in place."""
    offset = np.array([0.35, 0.55]) * instrument.width
    for rod in instrument.parts(t):
        soft = 0.5 * instrument.width
        box = box_of(rod, centres.shape[1:], offset, 2 * soft)
        if box is None:
            continue
        across, radius = across_rod(rod, centres[(slice(None), *box)], offset)
        light[(slice(None), *box)] *= 1 - 0.3 * smooth_step(radius - across.abs(), -soft, soft)


def draw(light: torch.Tensor, cover: torch.Tensor, instrument: Instrument, t: int, centres: torch.Tensor) -> None:
    """Paint the instrument over linear light (3, H, W), and its opacity over `cover` (H, W), both in place."""
    for rod in instrument.parts(t):
        box = box_of(rod, cover.shape, np.zeros(2), 2.0)
        if box is None:
            continue
        across, radius = across_rod(rod, centres[(slice(None), *box)], np.zeros(2))
        opaque = (radius - across.abs() + 0.5).clamp(0, 1)
        side = (across / radius).clamp(-1, 1)
        front = (1 - side * side).sqrt()
        streak = torch.exp(-(((side + 0.25) / 0.12) ** 2)) + 0.3 * torch.exp(-(((side - 0.55) / 0.1) ** 2))
        for channel in range(3):
            mirrored = (0.10, 0.03, 0.026)[channel] * (1 - front)  # red tissue all round
            metal = rod.colour[channel] * (0.15 + 1.1 * front * front + 2.2 * rod.shine * streak) + mirrored
            light[channel][box] += opaque * (metal - light[channel][box])
        cover[box] = torch.maximum(cover[box], opaque)
