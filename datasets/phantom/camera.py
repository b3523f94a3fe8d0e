"""The endoscope's camera: its pose in every frame, and the barrel distortion of its lens, both ways in closed form."""

from dataclasses import dataclass

import numpy as np

from . import time_curves
from .config import PhantomClip

NEARNESS = 0.85  # distance to the tissue at rest, in widths of the field


@dataclass(frozen=True, eq=False)
class Camera:
    """place (T, 3): mm, z towards the camera from the tissue plane. turn (T, 3, 3): world to camera axes.

    The camera looks along its own -z with x right and y down. focal: pixels. centre (2,): principal point, pixels.
    distortion: lambda <= 0 of the division model q = p / (1 + lambda |p|^2), p in half diagonals from the centre.
    """

    place: np.ndarray
    turn: np.ndarray
    focal: float
    centre: np.ndarray
    distortion: float

    @classmethod
    def of(cls, clip: PhantomClip, times: np.ndarray) -> "Camera":
        """Drift, tremor, jerks and zoom of the clip's motion, about a pose of its own."""
        rng, motion, view = clip.rng("camera"), clip.motion, clip.view_mm
        jitter = clip.strength("camera jitter")
        wander_s = clip.place.wander_s
        shift = motion.drift * np.stack([time_curves.drift(rng, times, wander_s) for _ in range(2)], axis=1)
        shaky = motion.tremor * (1 + 9 * jitter)
        shift += shaky * np.stack([time_curves.tremor(rng, times) for _ in range(2)], axis=1)
        shift += motion.jerk * (1 + jitter) * time_curves.jerks(rng, times, motion.jerks_per_s + 1.2 * jitter)
        distance = NEARNESS * np.exp(motion.zoom * time_curves.drift(rng, times, 1.6 * wander_s))
        start = rng.normal(0, (0.09, 0.07))
        place = view * np.column_stack([shift + start, distance])
        turns = np.radians(motion.turn_deg) * np.stack(
            [time_curves.drift(rng, times, 1.4 * wander_s) for _ in range(3)]
        )
        spin = rng.uniform(-0.4, 0.4)
        turn = np.stack([_rotation(spin + a, b / 2, c / 2) for a, b, c in turns.T])
        size = np.array([clip.size.width, clip.size.height], float)
        return cls(place, turn, clip.size.width * NEARNESS, size / 2, _division(clip.optics.distortion))

    @property
    def half_diagonal(self) -> float:
        """Pixels from the centre to a corner."""
        return float(np.hypot(*self.centre))

    def rays(self, t: int, xy: np.ndarray) -> np.ndarray:
        """World directions (..., 3) seen at pixels (..., 2); z is below 0."""
        p = (xy - self.centre) / self.half_diagonal
        q = p / (1 + self.distortion * (p**2).sum(axis=-1, keepdims=True))
        q = q * self.half_diagonal / self.focal
        return np.concatenate([q, -np.ones_like(q[..., :1])], axis=-1) @ self.turn[t]

    def project(self, t: int, world: np.ndarray) -> np.ndarray:
        """Pixels (..., 2) of world points (..., 3) in mm; NaN behind the camera."""
        seen = (world - self.place[t]) @ self.turn[t].T
        depth = np.where(seen[..., 2:] < -1e-6, -seen[..., 2:], np.nan)
        q = seen[..., :2] / depth * self.focal / self.half_diagonal
        p = 2 * q / (1 + np.sqrt(1 - 4 * self.distortion * (q**2).sum(axis=-1, keepdims=True)))
        return p * self.half_diagonal + self.centre


def widest_lean(clip: PhantomClip) -> float:
    """How far the ray through a corner leans from the viewing axis: tangent of its angle."""
    corner = float(np.hypot(clip.size.width, clip.size.height)) / 2 / (clip.size.width * NEARNESS)
    return corner / (1 + _division(clip.optics.distortion))


def _division(distortion: float) -> float:
    """The lambda of the division model that shrinks the half diagonal by a share `distortion`."""
    return -distortion / (1 - distortion) ** 2


def _rotation(roll: float, pitch: float, yaw: float) -> np.ndarray:
    """World to camera: yaw about y, pitch about x, then roll about the viewing axis. Radians."""
    (c, d, e), (s, r, y) = np.cos((roll, pitch, yaw)), np.sin((roll, pitch, yaw))
    about_z = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, d, -r], [0, r, d]])
    about_y = np.array([[e, 0, y], [0, 1, 0], [-y, 0, e]])
    return about_z @ about_x @ about_y
