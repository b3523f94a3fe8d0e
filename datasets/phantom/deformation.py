"""How the tissue deforms: breathing and pulls, each a Gaussian bump of displacement times a function of time."""

from dataclasses import dataclass

import numpy as np

from . import time_curves
from .config import PhantomClip

STIFFNESS = 0.4  # largest stretch a bump may cause: below 1 tissue never folds, so the map can always be inverted


@dataclass(frozen=True, eq=False)
class Deformation:
    """Bumps k = 1..K. centre (K, 2), radius (K,) mm; push (K, 3): mm along x, y and towards the camera at strength 1.

    strength: (T, K).
    """

    centre: np.ndarray
    radius: np.ndarray
    push: np.ndarray
    strength: np.ndarray

    @classmethod
    def of(cls, clip: PhantomClip, times: np.ndarray) -> "Deformation":
        """Two breathing bumps that move together and up to two pulls, one near the middle of the field."""
        rng, view, motion = clip.rng("deformation"), clip.view_mm, clip.motion
        breath = time_curves.breathing(rng, times, motion.breaths_per_min)
        strength = [breath, breath, time_curves.pulls(rng, times), time_curves.pulls(rng, times)]
        centre = rng.normal(0, (0.3, 0.25), (4, 2)) * view
        centre[2] *= 0.5
        radius = view * rng.uniform((0.5, 0.4, 0.14, 0.14), (0.9, 0.6, 0.25, 0.25))
        size = view * np.array([motion.breathing, motion.breathing, motion.pull, motion.pull])
        angle = rng.uniform(0, 2 * np.pi, 4)
        lift = rng.uniform((-0.5, -0.5, 0.2, 0.2), (0.5, 0.5, 0.6, 0.6))
        push = size[:, None] * np.stack([np.cos(angle), np.sin(angle), lift], axis=1)
        steepest = 0.607 / radius * np.linalg.norm(push[:, :2], axis=1)  # a Gaussian's slope is at most exp(-1/2)/sigma
        push *= np.minimum(1, STIFFNESS / 3 / np.maximum(steepest, 1e-9))[:, None]
        return cls(centre, radius, push, np.stack(strength, axis=1))

    def shift(self, t: int, xy: np.ndarray) -> np.ndarray:
        """Displacement (..., 3) in mm of tissue positions (..., 2) at frame t."""
        return self._bumps(t, xy)[0] @ self.push

    def shift_and_slope(self, t: int, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Displacement (..., 3) and its derivative (..., 3, 2) by tissue position."""
        bumps, inwards = self._bumps(t, xy)
        slope = [(bumps * towards / self.radius**2) @ self.push for towards in inwards]
        return bumps @ self.push, np.stack(slope, axis=-1)

    def _bumps(self, t: int, xy: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        """Strength of each bump at positions (..., 2), and the way to its centre along x and y, each (..., K)."""
        x, y = self.centre[:, 0] - xy[..., 0, None], self.centre[:, 1] - xy[..., 1, None]
        return self.strength[t] * np.exp(-0.5 * (x * x + y * y) / self.radius**2), (x, y)
