"""What earlier bleeding left in the field before the clip begins: pools in hollows and dried stains."""

import cv2
import numpy as np

from .config import PhantomClip
from .noise import fractal


def cell_centres(half_mm: float, cells: int) -> np.ndarray:
    """Tissue positions (cells, cells, 2) in mm of a square grid over the field."""
    axis = ((np.arange(cells) + 0.5) / cells * 2 - 1) * half_mm
    return np.stack(np.meshgrid(axis, axis), axis=-1)


def shrunk(height: np.ndarray, cells: int) -> np.ndarray:
    """A height map (side, side) on a coarser grid (cells, cells), without the steps a film could not follow."""
    return cv2.GaussianBlur(cv2.resize(height, (cells, cells), interpolation=cv2.INTER_AREA), (0, 0), 1.2)


def old_pools(
    clip: PhantomClip, rng: np.random.Generator, cells: np.ndarray, bed: np.ndarray, sources: np.ndarray
) -> np.ndarray:
    """Depth in mm of the clip's old pools: hollows filled to a level, none of them at a source."""
    side, view = len(bed), clip.view_mm
    depth = np.zeros_like(bed)
    hollow = bed - cv2.GaussianBlur(bed, (0, 0), 0.06 * side)
    for _ in range(clip.scene.old_pools):
        centre = _away_from(rng, sources, view)
        near = ((cells - centre) ** 2).sum(axis=-1) / (rng.uniform(0.05, 0.14) * view) ** 2
        bowl = hollow + near * 0.012 * view
        level = np.quantile(bowl[near < 1], 0.6) if (near < 1).any() else 0.0
        depth = np.maximum(depth, (level - bowl).clip(0, 1.2))
    return depth * (depth > 0.05)


def old_stains(clip: PhantomClip, rng: np.random.Generator, cells: np.ndarray) -> np.ndarray:
    """How much the tissue is dyed, 0..0.8: ragged smears, spots and runs."""
    side, view = len(cells), clip.view_mm
    dyed = np.zeros((side, side), np.float32)
    ragged = fractal(rng, side, 24, 4, 0.7)
    for _ in range(clip.scene.old_stains):
        off = cells - rng.normal(0, 0.28, 2) * view
        angle, long = rng.uniform(0, np.pi), view * rng.uniform(0.02, 0.16)
        along = off[..., 0] * np.cos(angle) + off[..., 1] * np.sin(angle)
        across = off[..., 1] * np.cos(angle) - off[..., 0] * np.sin(angle)
        shape = 1 - np.hypot(along / long, across / (view * rng.uniform(0.012, 0.05))) + 0.5 * ragged
        dyed = np.maximum(dyed, rng.uniform(0.3, 0.8) * (shape * 2).clip(0, 1))
    return dyed


def _away_from(rng: np.random.Generator, sources: np.ndarray, view: float) -> np.ndarray:
    """A spot in the field well clear of every source, in mm."""
    for _ in range(50):
        spot = rng.normal(0, 0.3, 2) * view
        if np.hypot(*(sources - spot).T).min() > 0.22 * view:
            return spot
    return np.array([0.6 * view, 0.6 * view])
