"""Random fields tissue is made of: fractal noise, cells, streaks and branching vessels. All are square, float32.

`cells` counts lattice cells along one side, so a field looks the same at every resolution.
"""

from dataclasses import dataclass

import cv2
import numpy as np


def fractal(rng: np.random.Generator, side: int, cells: float, octaves: int = 4, gain: float = 0.5) -> np.ndarray:
    """Smooth noise (side, side) of zero mean and unit spread; each octave doubles the cells and scales by `gain`."""
    total = np.zeros((side, side), np.float32)
    for octave in range(octaves):
        count = min(round(cells * 2**octave) + 3, side)
        lattice = rng.standard_normal((count, count), np.float32)
        total += np.float32(gain**octave) * cv2.resize(lattice, (side, side), interpolation=cv2.INTER_CUBIC)
    return (total - total.mean()) / max(float(total.std()), 1e-6)


def streaks(rng: np.random.Generator, side: int, cells: float, stretch: float = 6.0) -> np.ndarray:
    """Noise drawn out along one bent direction, like fibres; zero mean, unit spread."""
    across = fractal(rng, side, cells, 3)
    bend = fractal(rng, side, 3, 2)
    angle = np.float32(rng.uniform(0, np.pi)) + 0.5 * bend
    step, total = side / cells / 3, np.zeros_like(across)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    for k in np.linspace(-stretch, stretch, 9):
        shift = np.float32(k * step)
        total += cv2.remap(
            across, x + shift * np.cos(angle), y + shift * np.sin(angle), 1, borderMode=cv2.BORDER_REFLECT
        )
    return (total - total.mean()) / max(float(total.std()), 1e-6)


def lobules(rng: np.random.Generator, side: int, cells: float) -> np.ndarray:
    """Rounded cells (side, side) in [0, 1]: 0 in the clefts between them, 1 on their crowns."""
    seeds = np.full((side, side), 255, np.uint8)
    grid = np.stack(np.meshgrid(np.arange(int(cells) + 1), np.arange(int(cells) + 1)), axis=-1).reshape(-1, 2)
    spots = ((grid + rng.uniform(0, 1, grid.shape)) * side / (int(cells) + 1)).astype(int).clip(0, side - 1)
    seeds[spots[:, 1], spots[:, 0]] = 0
    _, label = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5)
    cleft = (cv2.morphologyEx(label.astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) == 0).astype(
        np.uint8
    )
    height = np.minimum(cv2.distanceTransform(cleft, cv2.DIST_L2, 5) / (0.45 * side / cells), 1)
    bumpy = cv2.GaussianBlur(np.sqrt(height), (0, 0), max(side / cells / 14, 0.6))
    wobble = 0.35 * side / cells * np.stack([fractal(rng, side, cells, 2), fractal(rng, side, cells, 2)])
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    return cv2.remap(bumpy, x + wobble[0], y + wobble[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def vessels(rng: np.random.Generator, side: int, trees: int, width: float) -> np.ndarray:
    """Branching vessels (side, side) in [0, 1]; width: of a trunk, as a share of the side."""
    canvas = np.zeros((side, side), np.uint8)
    for _ in range(trees):
        start, heading = rng.uniform(0, side, 2), rng.uniform(0, 2 * np.pi)
        trunk = _Vessel(start, heading, width * side * rng.uniform(0.5, 1.0), 0.35 * side * rng.uniform(0.5, 1.0))
        _grow(canvas, rng, trunk)
    return cv2.GaussianBlur(canvas, (0, 0), max(side / 1500, 0.5)).astype(np.float32) / 255


@dataclass(frozen=True)
class _Vessel:
    """Pixels and radians. level: 0 for a trunk, more for what branches off."""

    start: np.ndarray
    heading: float
    width: float
    length: float
    level: int = 0


def _grow(canvas: np.ndarray, rng: np.random.Generator, vessel: _Vessel) -> None:
    """Draw one winding vessel and, along it, its thinner daughters."""
    steps, at, heading = 22, vessel.start, vessel.heading
    bend, turns = rng.normal(0, 0.08), rng.normal(0, 0.24, steps)
    for step in range(steps):
        heading += bend + turns[step]
        bend *= 0.9
        to = at + vessel.length / steps * np.array([np.cos(heading), np.sin(heading)])
        thick = vessel.width * (1 - 0.6 * step / steps)
        ends = [tuple(int(v) for v in np.round(16 * point)) for point in (at, to)]
        strength = int(255 * min(1.0, 0.45 + thick / 6))
        cv2.line(canvas, ends[0], ends[1], strength, max(1, round(thick)), cv2.LINE_AA, shift=4)
        if vessel.level < 3 and rng.uniform() < 0.2:
            aside = heading + rng.choice((-1, 1)) * rng.uniform(0.4, 1.1)
            _grow(
                canvas, rng, _Vessel(to, aside, thick * 0.65, vessel.length * rng.uniform(0.35, 0.7), vessel.level + 1)
            )
        at = to
