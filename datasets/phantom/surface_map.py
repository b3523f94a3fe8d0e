"""Where each tissue point is in the image and which tissue each pixel shows: the exact geometry all truth comes from.

Tissue coordinates are mm on the undeformed tissue plane. Nothing here is estimated: the forward map is a closed form,
and the backward map is that form's equation solved to 1e-8 mm.
"""

from dataclasses import dataclass

import numpy as np

from .anatomy import Anatomy
from .camera import Camera
from .config import PhantomClip
from .deformation import Deformation
from .relief import Relief

_CLOSE_MM = 1e-8


@dataclass(frozen=True, eq=False)
class SurfaceMap:
    """Relief, deformation and camera of one clip."""

    relief: Relief
    deformation: Deformation
    camera: Camera

    @classmethod
    def of(cls, clip: PhantomClip, anatomy: Anatomy) -> "SurfaceMap":
        """The clip's geometry at its n_frames times and one more, which the last frame moves to."""
        times = np.arange(clip.n_frames + 1) / clip.fps
        return cls(anatomy.relief, Deformation.of(clip, times), Camera.of(clip, times))

    def world(self, t: int, tissue: np.ndarray) -> np.ndarray:
        """Tissue (..., 2) mm -> world points (..., 3) mm at frame t."""
        moved = self.deformation.shift(t, tissue)
        moved[..., :2] += tissue
        moved[..., 2] += self.relief.height(tissue)
        return moved

    def to_image(self, t: int, tissue: np.ndarray) -> np.ndarray:
        """Tissue (..., 2) mm -> pixels (..., 2) at frame t, inside the image or not."""
        return self.camera.project(t, self.world(t, tissue))

    def to_tissue(self, t: int, xy: np.ndarray, guess: np.ndarray | None = None) -> np.ndarray:
        """Pixels (..., 2) -> the tissue (..., 2) mm seen there. guess: where to start, such as the last frame's answer.

        Raises ArithmeticError where the equation does not settle: the surface would hide itself.
        """
        ray = self.camera.rays(t, xy)
        lean, place = ray[..., :2] / ray[..., 2:], self.camera.place[t]
        plain = place[:2] - lean * place[2]
        # A jerk between frames can throw the last answer too far for Newton's whole steps.
        starts = ((plain, 1.0), (plain, 0.4)) if guess is None else ((guess, 1.0), (plain, 1.0), (plain, 0.4))
        for start, stride in starts:
            tissue = self._search(t, start, lean, stride)
            if tissue is not None:
                return tissue
        raise ArithmeticError(f"frame {t}: no one tissue lies behind some pixels: the surface would hide itself")

    def _search(self, t: int, start: np.ndarray, lean: np.ndarray, stride: float) -> np.ndarray | None:
        """Newton's method from `start`, going `stride` of each step; None where it does not settle."""
        tissue, place = np.array(start), self.camera.place[t]
        for _ in range(int(40 / stride)):
            shift, slope = self.deformation.shift_and_slope(t, tissue)
            height, steep = self.relief.height_and_slope(tissue)
            off = tissue + shift[..., :2] - place[:2] - lean * (height + shift[..., 2] - place[2])[..., None]
            if np.abs(off).max() < _CLOSE_MM:
                return tissue
            tissue -= stride * _solve(slope, lean, steep, off)
        return None


def _solve(slope: np.ndarray, lean: np.ndarray, steep: np.ndarray, off: np.ndarray) -> np.ndarray:
    """One Newton step: the 2x2 system of the derivative of `off` by tissue position."""
    up_x, up_y = steep[..., 0] + slope[..., 2, 0], steep[..., 1] + slope[..., 2, 1]
    a = 1 + slope[..., 0, 0] - lean[..., 0] * up_x
    b = slope[..., 0, 1] - lean[..., 0] * up_y
    c = slope[..., 1, 0] - lean[..., 1] * up_x
    d = 1 + slope[..., 1, 1] - lean[..., 1] * up_y
    det = a * d - b * c
    x, y = off[..., 0], off[..., 1]
    return np.stack([(d * x - b * y) / det, (a * y - c * x) / det], axis=-1)
