"""What lies in the field: organs as overlapping rounded bodies, or a dissected mucosa; their heights and materials."""

from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from scipy.special import expit

from .camera import widest_lean
from .config import PhantomClip
from .noise import fractal, lobules
from .relief import Relief
from .sites import Bed, SceneKind

HALF_FIELD = 0.9  # half side of the modelled tissue, in widths of the field
TEXELS_PER_PIXEL = 0.8  # endoscopes are no sharper, and memory goes with its square
STEEPEST = 0.8  # of the large relief, mm per mm; less where rays lean so far that a part could hide another
_RELIEF_NODES = 120


class Material(IntEnum):
    """Tissues with a look of their own."""

    LIVER = 0
    GALLBLADDER = 1
    FAT = 2
    VESSEL = 3
    WALL = 4
    RAW = 5
    MUCOSA = 6
    SUBMUCOSA = 7
    RIM = 8
    LUMEN = 9


@dataclass(frozen=True, eq=False)
class Anatomy:
    """The field of one patient and site. half_mm: half its side. relief: the smooth large height.

    weights (Material, side, side): share of each material, summing to 1. height (side, side): mm, with the steps that
    the relief smooths away: light and blood follow these, positions in the image do not. hollow (side, side): how deep
    below its surroundings, 0..1.
    """

    half_mm: float
    relief: Relief
    weights: np.ndarray
    height: np.ndarray
    hollow: np.ndarray

    @property
    def side(self) -> int:
        """Texels along a side."""
        return self.height.shape[0]

    @classmethod
    def of(cls, clip: PhantomClip) -> "Anatomy":
        """The same for all clips of one patient and site at one size."""
        rng = np.random.default_rng([clip.patient.texture_seed, 7])
        side = int(2 * HALF_FIELD * TEXELS_PER_PIXEL * clip.size.width)
        build = _organs if clip.place.kind is SceneKind.LAPAROSCOPIC else _dissection
        height, weights = build(rng, side, clip.place.bed)  # in widths of the field
        height = height * np.float32(clip.view_mm * clip.scene.relief)
        half_mm = HALF_FIELD * clip.view_mm
        smooth = _smooth(height, half_mm, min(STEEPEST, 0.72 / widest_lean(clip)))
        nodes_mm = half_mm * (1 - 1 / _RELIEF_NODES)  # nodes are the centres of the cells that were averaged
        relief = Relief.of(smooth.astype(np.float64), (nodes_mm, nodes_mm))
        around = cv2.GaussianBlur(cv2.resize(height, (256, 256), interpolation=cv2.INTER_AREA), (0, 0), 9)
        hollow = (cv2.resize(around, (side, side), interpolation=cv2.INTER_CUBIC) - height) / (0.04 * clip.view_mm)
        return cls(half_mm, relief, weights, height, hollow.clip(0, 1))


def _smooth(height: np.ndarray, half_mm: float, most: float) -> np.ndarray:
    """The large part of a height map on the relief's nodes, nowhere steeper than `most`."""
    small = cv2.resize(height, (_RELIEF_NODES, _RELIEF_NODES), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 3.2)
    step = 2 * half_mm / (_RELIEF_NODES - 1)
    steepest = float(np.hypot(*np.gradient(small, step)).max())
    return small * min(1.0, most / max(steepest, 1e-6))


def _plane(side: int) -> tuple[np.ndarray, np.ndarray]:
    """X and y of the texels, in widths of the field."""
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side * (2 * HALF_FIELD) - HALF_FIELD
    return np.meshgrid(axis, axis)


def _body(
    plane: tuple[np.ndarray, np.ndarray],
    centre: tuple[float, float],
    axes: tuple[float, float],
    angle: float,
    top: float,
) -> np.ndarray:
    """Height of an ellipsoid's upper half, falling away steeply outside. All in widths of the field."""
    x, y = plane[0] - np.float32(centre[0]), plane[1] - np.float32(centre[1])
    along, across = (
        x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)),
        y * np.float32(np.cos(angle)) - x * np.float32(np.sin(angle)),
    )
    square = (along / axes[0]) ** 2 + (across / axes[1]) ** 2
    return np.where(square < 1, top * np.sqrt(np.maximum(1 - square, 0)), -top * 2 * (np.sqrt(square) - 1)).astype(
        np.float32
    )


def _pile(heights: dict[Material, np.ndarray], side: int) -> tuple[np.ndarray, np.ndarray]:
    """The upper surface of overlapping bodies and each material's share of it."""
    stack = np.stack(list(heights.values()))
    top = stack.max(axis=0)
    share = np.exp(np.maximum((stack - top) / 0.0025, -30))
    share /= share.sum(axis=0)
    weights = np.zeros((len(Material), side, side), np.float32)
    for material, part in zip(heights, share, strict=True):
        weights[material] = part
    return (share * stack).sum(axis=0), weights


def _organs(rng: np.random.Generator, side: int, bed: Bed) -> tuple[np.ndarray, np.ndarray]:
    """Liver behind, gallbladder across it, fat and the belly's wall about, a vessel where the site has one."""
    x, y = _plane(side)
    warp = 0.03 * fractal(rng, side, 5, 3), 0.03 * fractal(rng, side, 5, 3)
    bent = x + warp[0], y + warp[1]
    lie = rng.uniform(0.9, 1.9)
    across = np.array([-np.sin(lie), np.cos(lie)])
    off = {Bed.GALLBLADDER: 0.03, Bed.LIVER: 0.24, Bed.FAT: 0.16, Bed.VESSEL: 0.3}[bed] * rng.choice((-1, 1))
    along = np.array([np.cos(lie), np.sin(lie)]) * (
        rng.uniform(-0.45, -0.3) if bed is Bed.FAT else rng.uniform(-0.1, 0.1)
    )
    middle = across * off + along
    gall = _body(bent, (middle[0], middle[1]), (rng.uniform(0.36, 0.46), rng.uniform(0.13, 0.18)), lie, 0.16)
    liver = 0.03 * fractal(rng, side, 3, 3) + 0.02
    lobe = rng.uniform(0, 2 * np.pi)
    liver = np.maximum(liver, _body(bent, (0.75 * np.cos(lobe), 0.75 * np.sin(lobe)), (0.5, 0.42), lobe, 0.12))
    fold = fractal(rng, side, 9, 3)
    fatty = rng.uniform(0.3, 1.2) + (np.pi if off > 0 else 0)
    reach = 0.3 if bed in (Bed.FAT, Bed.VESSEL) else 0.62
    slope = (x * np.cos(fatty) + y * np.sin(fatty) - reach).astype(np.float32)
    if bed in (Bed.FAT, Bed.VESSEL):
        slope = np.maximum(slope, 0.34 - np.hypot(x * 1.1, y) + 0.05 * fold)
    lobes = lobules(rng, side, 11)
    fat = np.minimum(0.5 * slope, 0.1) + 0.012 * fold + 0.045 * lobes - 0.02
    wall = np.minimum(0.4 * (-(x * np.cos(fatty) + y * np.sin(fatty)) - 0.62 + 0.04 * fold), 0.1)
    heights = {Material.LIVER: liver, Material.GALLBLADDER: gall, Material.FAT: fat, Material.WALL: wall}
    if bed is Bed.VESSEL:
        run = rng.uniform(0, np.pi)
        heights[Material.VESSEL] = (
            _body(bent, (0.0, 0.0), (0.6, rng.uniform(0.03, 0.045)), run, 0.045) + fat.clip(0) + 0.01
        )
    height, weights = _pile(heights, side)
    if bed is Bed.LIVER:
        raw = expit((0.22 - 0.06 * fold - np.hypot(x, y * 1.2)) / 0.012)
        weights[Material.RAW] = raw * weights[Material.LIVER]
        weights[Material.LIVER] *= 1 - raw
        height -= 0.012 * raw
    return height, weights


def _dissection(rng: np.random.Generator, side: int, bed: Bed) -> tuple[np.ndarray, np.ndarray]:
    """Mucosa with folds and a lumen to one side; in the middle the cut: a raised rim about the laid-open submucosa."""
    del bed  # every endoscopic site bleeds from the submucosa
    x, y = _plane(side)
    fold, edge = fractal(rng, side, 4, 3), fractal(rng, side, 7, 4)
    angle, radius = rng.uniform(0, 2 * np.pi), rng.uniform(0.26, 0.36)
    stretch = rng.uniform(1.0, 1.6)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    inside = (radius - np.hypot(along / stretch, across) + 0.045 * edge).astype(np.float32)
    cut = expit(inside / 0.008)
    lip = 0.016 + 0.012 * (1 + np.tanh(fractal(rng, side, 5, 2)))
    rim = np.exp(-(((inside + lip) / (1.2 * lip)) ** 2))
    away = angle + rng.uniform(-0.9, 0.9)
    lumen = np.hypot(x - 0.72 * np.cos(away), y - 0.72 * np.sin(away)) + 0.03 * fold
    deep = expit((0.3 - lumen) / 0.06)
    ridges = np.sin(14 * lumen + 2.0 * fold) * np.exp(-(((lumen - 0.45) / 0.2) ** 2))
    bed_height = 0.016 * fractal(rng, side, 10, 4) - 0.045
    height = 0.035 * fold + 0.012 * ridges - 0.45 * deep + 0.9 * lip * rim * (1 - deep)
    height = height + cut * bed_height
    weights = np.zeros((len(Material), side, side), np.float32)
    weights[Material.SUBMUCOSA] = cut
    ring = rim * (1 - cut) * 0.9
    weights[Material.RIM] = ring
    weights[Material.LUMEN] = (1 - cut - ring) * deep
    weights[Material.MUCOSA] = (1 - cut - ring) * (1 - deep)
    return height.astype(np.float32), weights
