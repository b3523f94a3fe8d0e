"""The surface's large relief: a height over the tissue plane, smooth enough that positions can be solved exactly."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True, eq=False)
class Relief:
    """Height in mm towards the camera, as a cubic B-spline over a regular grid.

    coefficients: (h + 4, w + 4) float64, of the grid's nodes and two more on each side. half_mm: (x, y) half extent of
    the grid; beyond it the surface goes on as its mirror image.
    """

    coefficients: np.ndarray
    half_mm: tuple[float, float]

    @classmethod
    def of(cls, height: np.ndarray, half_mm: tuple[float, float]) -> "Relief":
        """height: (h, w) mm at nodes spread evenly from -half_mm to +half_mm, both included."""
        return cls(np.pad(ndimage.spline_filter(height, order=3, mode="mirror"), 2, mode="reflect"), half_mm)

    def height(self, xy: np.ndarray) -> np.ndarray:
        """Height in mm at tissue positions (..., 2) in mm."""
        patch, x, y, _, _ = self._patches(xy)
        return np.einsum("...yx,...y,...x->...", patch, _weights(y), _weights(x))

    def height_and_slope(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Height (...) in mm and its derivatives (..., 2) along x and y at tissue positions (..., 2)."""
        patch, x, y, per_x, per_y = self._patches(xy)
        across = np.einsum("...yx,...x->...y", patch, _weights(x))
        along = np.einsum("...yx,...y->...x", patch, _weights(y))
        height = (across * _weights(y)).sum(axis=-1)
        slope_x, slope_y = (along * _slopes(x)).sum(axis=-1) * per_x, (across * _slopes(y)).sum(axis=-1) * per_y
        return height, np.stack([slope_x, slope_y], axis=-1)

    def _patches(self, xy: np.ndarray) -> tuple[np.ndarray, ...]:
        """The 4x4 coefficients (..., 4, 4) about each position, where in the middle cell it lies, and cells per mm."""
        width = self.coefficients.shape[1]
        column, x, per_x = _cell(xy[..., 0], self.half_mm[0], width - 4)
        row, y, per_y = _cell(xy[..., 1], self.half_mm[1], self.coefficients.shape[0] - 4)
        corner = (row + 1) * width + column + 1
        offsets = width * np.arange(4)[:, None] + np.arange(4)
        return self.coefficients.ravel()[corner[..., None, None] + offsets], x, y, per_x, per_y


def _cell(position: np.ndarray, half_mm: float, nodes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cell each position lies in, where in it (0..1), and cells per mm, negative where the surface is mirrored."""
    turn = nodes - 1
    at = np.mod((position / half_mm + 1) / 2 * turn, 2 * turn)
    mirrored = at > turn
    at = np.where(mirrored, 2 * turn - at, at)
    cell = np.minimum(at.astype(int), turn - 1)
    return cell, at - cell, np.where(mirrored, -1.0, 1.0) * turn / (2 * half_mm)


def _weights(f: np.ndarray) -> np.ndarray:
    """Values (..., 4) of the cubic B-splines of the four nodes about a cell, at f in it."""
    g = 1 - f
    return np.stack([g**3, 4 - 6 * f**2 + 3 * f**3, 4 - 6 * g**2 + 3 * g**3, f**3], axis=-1) / 6


def _slopes(f: np.ndarray) -> np.ndarray:
    """Their derivatives (..., 4)."""
    g = 1 - f
    return np.stack([-(g**2), 3 * f**2 - 4 * f, 4 * g - 3 * g**2, f**2], axis=-1) / 2
