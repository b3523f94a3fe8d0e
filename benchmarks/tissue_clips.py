"""Procedural endoscopic clips for the leak drill: cheap, seeded, and hard to tell apart where patients differ.

Every patient has tissue of one's own under the same light, in the same round view, in the same palette and with the
same instrument: what real patients share is shared, so that an audit cannot win by telling colours or circles apart.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

WIDTH, HEIGHT = 320, 240
_WORLD: Final = 768


@dataclass(frozen=True)
class Take:
    """One clip. tissue: seed of what lies before the camera; camera: seed of its path; start: time of frame 0 on it.

    Times are in frames of 1/25 s; the same tissue and camera at another start is the same procedure at another time.
    """

    tissue: int
    camera: int
    start: float
    n_frames: int

    def frame(self, number: float) -> np.ndarray:
        """RGB (240, 320, 3) uint8 at a frame number, which may lie between two frames."""
        time = self.start + number
        view = cv2.warpAffine(
            _tissue(self.tissue),
            _pose(self.camera, time),
            (WIDTH, HEIGHT),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        )
        _draw_instrument(view, self.camera, time)
        return cv2.multiply(view, _light(), scale=1 / 255)


@lru_cache(maxsize=64)
def _tissue(seed: int) -> np.ndarray:
    """(768, 768, 3) uint8: folds, mottling and vessels in the colours of mucosa."""
    rng = np.random.default_rng([seed, 1])
    folds = _noise(rng, (4, 8, 16), 0.6)
    mottle = _noise(rng, (32, 64, 128), 0.8)
    vessels = np.exp(-((_noise(rng, (6, 12, 24), 0.7) / 0.08) ** 2))
    base = np.array([196, 112, 96]) + rng.normal(0, 6, 3)
    colour = base + folds[..., None] * [42, 34, 30] + mottle[..., None] * [16, 14, 12]
    colour -= vessels[..., None] * [30, 55, 45]
    return np.clip(colour, 25, 255).astype(np.uint8)


def _noise(rng: np.random.Generator, cells: tuple[int, ...], falloff: float) -> np.ndarray:
    """(768, 768) float32 of mean 0 and variance 1: smooth noise of several cell counts, finer ones weaker."""
    field = np.zeros((_WORLD, _WORLD), np.float32)
    for octave, count in enumerate(cells):
        grid = rng.normal(0, falloff**octave, (count, count)).astype(np.float32)
        field += cv2.resize(grid, (_WORLD, _WORLD), interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / field.std()


def _pose(seed: int, time: float) -> np.ndarray:
    """(2, 3) float: view to tissue; a hand-held camera that drifts, turns and comes closer over some hundred frames."""
    rng = np.random.default_rng([seed, 2])
    period = rng.uniform((150, 60, 25), (400, 120, 50))
    phase = rng.uniform(0, 2 * np.pi, (4, 3))
    x, y, turn, zoom = np.sin(2 * np.pi * time / period + phase) @ [1.0, 0.4, 0.1]
    scale = 1.5 + 0.15 * zoom
    c, s = scale * np.cos(0.12 * turn), scale * np.sin(0.12 * turn)
    centre = np.array([_WORLD / 2 + 60 * x, _WORLD / 2 + 60 * y])
    offset = centre - np.array([[c, -s], [s, c]]) @ [WIDTH / 2, HEIGHT / 2]
    return np.array([[c, -s, offset[0]], [s, c, offset[1]]])


def _draw_instrument(view: np.ndarray, seed: int, time: float) -> None:
    """The same grey shaft in every patient, from the lower right, moving with its own rhythm."""
    rng = np.random.default_rng([seed, 3])
    period, phase = rng.uniform(20, 60, 2), rng.uniform(0, 2 * np.pi, 2)
    x, y = np.array([205, 150]) + np.array([25, 20]) * np.sin(2 * np.pi * time / period + phase)
    tip = (round(float(x)), round(float(y)))
    cv2.line(view, (330, 250), tip, (70, 72, 76), 26)
    cv2.line(view, (326, 244), tip, (170, 172, 176), 6)


@lru_cache(maxsize=1)
def _light() -> np.ndarray:
    """(240, 320, 3) uint8: bright in the middle, dark to the rim, black outside the round view."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    radius = np.hypot((x - WIDTH / 2) / 158, (y - HEIGHT / 2) / 118)
    light = np.where(radius < 1, 255 * (1 - 0.45 * radius**2), 0)
    return np.repeat(light[..., None], 3, axis=2).astype(np.uint8)
