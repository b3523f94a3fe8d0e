"""The tissue's look: one procedural texture per patient and site, of colour, fine slope, gloss and fine height."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from scipy.special import expit

from .anatomy import Anatomy, Material
from .config import PatientLook, PhantomClip
from .noise import fractal, lobules, streaks, vessels

CHANNELS: Final = ("red", "green", "blue", "slope_x", "slope_y", "gloss", "height", "ragged_x", "ragged_y")
HEIGHT: Final = CHANNELS.index("height")
RAGGED: Final = slice(HEIGHT + 1, HEIGHT + 3)
_STEEPEST = 2.2  # fine slopes beyond this only alias


@dataclass(frozen=True)
class _Look:
    """tones: sRGB 0..255, mixed by noise of `cells` lattice cells a side. rough: fine height in mm per mm of its size.

    veins: how much of the vessels shows through. gloss: strength of highlights, 1 is wet serosa.
    """

    tones: tuple[tuple[int, int, int], ...]
    cells: float
    rough: float
    veins: float
    gloss: float


_LOOKS: Final = {
    Material.LIVER: _Look(((106, 43, 44), (82, 31, 34), (126, 60, 57)), 10, 0.075, 0.12, 0.55),
    Material.GALLBLADDER: _Look(((214, 168, 118), (196, 150, 128), (176, 156, 138)), 5, 0.05, 0.9, 0.7),
    Material.FAT: _Look(((222, 156, 84), (204, 120, 74), (230, 184, 126)), 14, 0.1, 0.9, 0.6),
    Material.VESSEL: _Look(((196, 110, 96), (168, 74, 70), (206, 140, 120)), 8, 0.05, 0.5, 1.0),
    Material.WALL: _Look(((176, 92, 74), (150, 66, 60), (196, 126, 92)), 6, 0.10, 1.0, 0.6),
    Material.RAW: _Look(((132, 58, 50), (98, 38, 36), (164, 104, 82)), 26, 0.24, 0.1, 1.0),
    Material.MUCOSA: _Look(((200, 108, 94), (172, 74, 68), (214, 132, 112)), 9, 0.09, 0.55, 2.6),
    Material.SUBMUCOSA: _Look(((146, 112, 108), (168, 102, 90), (112, 88, 96)), 14, 0.22, 0.5, 2.0),
    Material.RIM: _Look(((212, 164, 142), (190, 96, 86), (224, 196, 174)), 20, 0.2, 0.2, 2.4),
    Material.LUMEN: _Look(((146, 56, 52), (110, 36, 38)), 6, 0.06, 0.4, 0.4),
}


def tissue_texture(clip: PhantomClip, anatomy: Anatomy) -> torch.Tensor:
    """(len(CHANNELS), side, side) float32: linear RGB in [0, 1], slopes in mm per mm, gloss, height in mm,
    and how far in mm the rim of a film is drawn out by what is too fine for the film's own grid.
    """
    rng = np.random.default_rng([clip.patient.texture_seed, 11])
    side, texel = anatomy.side, 2 * anatomy.half_mm / anatomy.side
    grain = fractal(rng, side, 110, 3, 0.7)
    colour, gloss, rough, veins = (np.zeros((*shape, side, side), np.float32) for shape in ((3,), (), (), ()))
    for material, look in _LOOKS.items():
        weight = anatomy.weights[material]
        if weight.max() < 0.01:
            continue
        tones = [fractal(rng, side, look.cells, 5, 0.6) for _ in range(2)]
        colour += weight * _toned(look, tones, grain)
        gloss += weight * np.float32(look.gloss)
        rough += weight * np.float32(look.rough)
        veins += weight * np.float32(look.veins)
    fine = _fine_height(clip, anatomy, rng, rough * np.float32(clip.patient.roughness), grain)
    colour, fine = _with_vessels(clip.patient, rng, colour, veins=veins, fine=fine, texel=texel)
    for material, mark in _MARKS.items():
        if anatomy.weights[material].max() >= 0.01:
            colour = mark(rng, colour, anatomy.weights[material])
    colour = _with_redness(rng, colour) * np.array(clip.patient.gain, np.float32)[:, None, None]
    colour *= 1 - 0.4 * anatomy.hollow
    slope_y, slope_x = np.gradient(anatomy.height + fine, np.float32(texel))
    wet = np.float32(clip.patient.wetness) * np.exp(0.75 * fractal(rng, side, 7, 4))
    ragged = np.stack([fractal(rng, side, 60, 3, 0.6) for _ in range(2)]) * np.float32(0.0035 * clip.view_mm)
    parts = [colour, slope_x[None], slope_y[None], (gloss * wet.clip(0.05, 3.0))[None], fine[None], ragged]
    texture = np.concatenate(parts).astype(np.float32)
    texture[:3] = texture[:3].clip(0, 0.97) ** 2
    texture[3:5] = texture[3:5].clip(-_STEEPEST, _STEEPEST)
    return torch.from_numpy(texture)


def _toned(look: _Look, tones: list[np.ndarray], grain: np.ndarray) -> np.ndarray:
    """A material's sRGB colour in 0..1 (3, side, side)."""
    mixed = np.broadcast_to(np.array(look.tones[0], np.float32)[:, None, None], (3, *grain.shape)).copy()
    for tone, noise in zip(look.tones[1:], tones, strict=False):
        share = (0.3 + 0.45 * noise).clip(0, 1)
        mixed += share * (np.array(tone, np.float32)[:, None, None] - mixed)
    return mixed / 255 * (1 + np.float32(0.25 * look.rough) * grain)


def _fine_height(
    clip: PhantomClip, anatomy: Anatomy, rng: np.random.Generator, rough: np.ndarray, grain: np.ndarray
) -> np.ndarray:
    """Fine height (side, side) in mm: folds, wrinkles and grain, each as steep as the material is rough."""
    side, view = anatomy.side, clip.view_mm
    medium = fractal(rng, side, 36, 3, 0.6)
    fine = rough * (view / 36 * 0.55 * medium + view / 110 * 0.25 * grain)
    fat = anatomy.weights[Material.FAT]
    if fat.max() > 0.01:
        fine += fat * np.float32(view * 0.02) * lobules(rng, side, 14)
    cut = anatomy.weights[Material.SUBMUCOSA]
    if cut.max() > 0.01:
        fine += cut * np.float32(view * 0.006) * streaks(rng, side, 40)
    return fine.astype(np.float32)


def _with_vessels(
    patient: PatientLook,
    rng: np.random.Generator,
    colour: np.ndarray,
    *,
    veins: np.ndarray,
    fine: np.ndarray,
    texel: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Fine red vessels on top, wide bluish ones below, as many as the patient has; wide ones bulge a little."""
    side = fine.shape[0]
    thin = vessels(rng, side, round(26 * patient.vessel_density), 0.0035)
    deep = cv2.GaussianBlur(vessels(rng, side, round(8 * patient.vessel_density), 0.011), (0, 0), side / 450)
    for amount, tint in ((0.55 * deep * veins, (0.62, 0.50, 0.66)), (0.8 * thin * veins, (0.72, 0.28, 0.30))):
        dyed = colour * np.array(tint, np.float32)[:, None, None] + 0.10 * np.array(tint, np.float32)[:, None, None]
        colour = colour + amount * (dyed - colour)
    return colour, fine + np.float32(4 * texel) * (deep + 0.4 * thin) * veins


def _with_redness(rng: np.random.Generator, colour: np.ndarray) -> np.ndarray:
    """Inflamed patches as red as thin blood: no colour alone tells bleeding from tissue."""
    side = colour.shape[1]
    patch = 0.55 * expit(2.5 * (fractal(rng, side, 5, 4) - 1.6))
    return colour * (1 - patch * np.array([0.08, 0.62, 0.55], np.float32)[:, None, None])


def _liver_mark(rng: np.random.Generator, colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Pale mottling of the capsule."""
    side = weight.shape[0]
    dots = (fractal(rng, side, 160, 2) * (0.6 + 0.5 * fractal(rng, side, 6, 3))).clip(-1, 2)
    return colour * (1 + 0.07 * weight * dots)


def _raw_mark(rng: np.random.Generator, colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Char and shreds of a gallbladder bed."""
    side = weight.shape[0]
    colour = _charred(rng, colour, weight, 0.7)
    shreds = (streaks(rng, side, 50) - 0.9).clip(0, 1) * weight
    return colour + 0.5 * shreds * (np.array([0.86, 0.72, 0.62], np.float32)[:, None, None] - colour)


def _submucosa_mark(rng: np.random.Generator, colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Blue of the injected dye, white fibres, brown char."""
    side = weight.shape[0]
    dye = (0.1 + 0.5 * fractal(rng, side, 4, 3) + rng.normal(0, 0.35)).clip(0, 0.9) * weight
    colour = colour + 0.6 * dye * (np.array([0.36, 0.50, 0.58], np.float32)[:, None, None] - colour)
    flesh = (fractal(rng, side, 8, 4) * 0.5 + rng.normal(0.2, 0.3)).clip(0, 0.85) * weight
    colour = colour + flesh * (np.array([0.58, 0.31, 0.29], np.float32)[:, None, None] - colour)
    fibres = (streaks(rng, side, 46) - 0.7).clip(0, 1.2) * weight * 0.55
    colour = colour + fibres * (np.array([0.82, 0.80, 0.78], np.float32)[:, None, None] - colour)
    return _charred(rng, colour, weight, 1.0)


def _rim_mark(rng: np.random.Generator, colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The cut edge's burnt line."""
    return _charred(rng, colour, weight, 0.5)


def _charred(rng: np.random.Generator, colour: np.ndarray, weight: np.ndarray, amount: float) -> np.ndarray:
    side = weight.shape[0]
    spots = ((fractal(rng, side, 22, 4, 0.6) - 1.0) * 1.2).clip(0, 1) * np.float32(amount) * weight
    return colour + spots * (np.array([0.16, 0.09, 0.07], np.float32)[:, None, None] - colour)


_MARKS: Final[dict[Material, Callable[[np.random.Generator, np.ndarray, np.ndarray], np.ndarray]]] = {
    Material.LIVER: _liver_mark,
    Material.RAW: _raw_mark,
    Material.SUBMUCOSA: _submucosa_mark,
    Material.RIM: _rim_mark,
}
