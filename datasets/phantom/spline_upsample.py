"""From a coarse grid of nodes to every pixel: quintic splines, as two matrix products, so CPU and GPU do it alike."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from scipy.interpolate import make_interp_spline

from ..schema import ImageSize

NODES = 72  # along the longer side: maps are smooth on the scale of the field, so 72 give below 1e-3 px (tested)
_BEYOND = 3  # nodes outside the image on each side, where a spline is at its weakest


@dataclass(frozen=True, eq=False)
class SplineUpsample:
    """nodes (h, w, 2): where to evaluate a field, in pixels. rows (H, h), columns (w, W): to pixel centres."""

    nodes: np.ndarray
    rows: torch.Tensor
    columns: torch.Tensor

    def to_pixels(self, field: np.ndarray) -> torch.Tensor:
        """Values (h, w, C) at the nodes -> (C, H, W) float32 at the pixels' centres."""
        values = torch.from_numpy(np.ascontiguousarray(field.transpose(0, 2, 1), np.float32)).to(self.rows.device)
        h, channels, w = values.shape
        wide = values.reshape(h * channels, w) @ self.columns  # two plain products: batched ones copy the matrices
        return (self.rows @ wide.reshape(h, -1)).reshape(len(self.rows), channels, -1).permute(1, 0, 2)


@lru_cache(maxsize=4)
def spline_upsample(size: ImageSize, device: str) -> SplineUpsample:
    """The upsampling of one image size."""
    step = max(size.width, size.height) / NODES
    x, columns = _along(size.width, step)
    y, rows = _along(size.height, step)
    nodes = np.stack(np.meshgrid(x, y), axis=-1)
    as_tensor = [torch.from_numpy(matrix.astype(np.float32)).to(device) for matrix in (rows, columns.T.copy())]
    return SplineUpsample(nodes, *as_tensor)


def _along(length: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    count = int(np.ceil(length / step)) + 2 * _BEYOND + 1
    nodes = (np.arange(count) - (count - 1) / 2) * step + length / 2
    spline = make_interp_spline(nodes, np.eye(count), k=5)
    return nodes, spline(np.arange(length) + 0.5)
