"""Blood on the tissue: a film that wells up at the sources, runs downhill, pools, sinks in and dries.

Thin-film flow over a height map (lubrication theory): speed = density * gravity / (3 * viscosity) * thickness^2 * slope
of the film's own surface, moved between grid cells so that no volume is made or lost but by emission, absorption and
water. Fresh blood is carried along as a tracer that ages.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from .anatomy import Anatomy
from .config import PhantomClip
from .flushing import Flushing
from .noise import fractal
from .remnants import cell_centres, old_pools, old_stains, shrunk
from .sources import Sources

CELLS = 288  # along a side of the field
_STEP_S = 1 / 180
_DRIVE = 1.04e4 / 3  # density times gravity / 3, in N / m^3; over mPas it gives mm/s per mm^2 of film
_PINNED_MM = 0.16  # a film thinner than this does not wet dry tissue: surface tension holds its edge
_WET_MM = 1e-3
_STABLE = 0.2  # of a cell's film or of a difference in level may go to a neighbour in a step; 0.25 would oscillate
_MOUTH_STEPS = 3  # more about a source, where film is thick and really faster than the limit lets one step be
_MOUTH_REACH = 16
_WOUND = 0.006  # depth of the opening a source wells from, in widths of the field: it holds the blood
_REACH = 12  # cells kept about the wet part in each frame's steps


@dataclass(eq=False)
class BloodFilm:
    """State after the last frame: each (CELLS, CELLS) float32 on the tissue plane.

    thickness: mm of blood. fresh: mm of it that left a source lately. stain: 0..1, dyed tissue. water: mm.
    bed: the tissue's height, mm. pinning: factor on how firmly a film's edge holds. mouths (S, CELLS, CELLS): the
    sources' openings; mouth_cells (S, 2): column and row of each. downhill: unit vector, its last part into the tissue.
    """

    clip: PhantomClip
    half_mm: float
    bed: torch.Tensor
    pinning: torch.Tensor
    mouths: torch.Tensor
    mouth_cells: np.ndarray
    downhill: tuple[float, float, float]
    thickness: torch.Tensor
    fresh: torch.Tensor
    stain: torch.Tensor
    water: torch.Tensor

    @classmethod
    def of(cls, clip: PhantomClip, anatomy: Anatomy, sources: Sources, fine: torch.Tensor) -> "BloodFilm":
        """The field before the first frame: pools and stains of earlier bleeding lie about.

        fine (side, side): the tissue's fine height in mm, on the device to compute on.
        """
        rng = clip.rng("film")
        cells = cell_centres(anatomy.half_mm, CELLS)
        mouths = _mouths(clip, cells, sources)
        bed = shrunk(anatomy.height + fine.cpu().numpy(), CELLS)
        for opening in mouths / mouths.max(axis=(1, 2), keepdims=True):
            floor = bed.ravel()[opening.argmax()] - _WOUND * clip.view_mm
            bed += opening * (floor - bed)
        pinning = 1 + 0.45 * fractal(rng, CELLS, 40, 3)
        tilt, heading = rng.uniform(0.3, 0.7), rng.uniform(0.2, 0.8) * np.pi
        down = (float(tilt * np.cos(heading)), float(tilt * np.sin(heading)), float(np.sqrt(1 - tilt**2)))
        pools = old_pools(clip, rng, cells, bed, sources.tissue)
        stains = old_stains(clip, rng, cells)
        parts = (bed, pinning.clip(0.3, 2.5), mouths, pools, stains)
        bed_, pinning_, mouths_, thickness, stain = (
            torch.from_numpy(p.astype(np.float32)).to(fine.device) for p in parts
        )
        still = torch.zeros_like(bed_)
        at = ((sources.tissue / anatomy.half_mm + 1) / 2 * CELLS).astype(int)
        return cls(clip, anatomy.half_mm, bed_, pinning_, mouths_, at, down, thickness, still, stain, still.clone())

    @property
    def cell_mm(self) -> float:
        """Side of a cell."""
        return 2 * self.half_mm / CELLS

    def wounds(self, side: int) -> torch.Tensor:
        """How much of each texel (side, side) is a source's opening, 0..1."""
        opening = self.mouths / self.mouths.amax(dim=(1, 2), keepdim=True)
        return F.interpolate(opening.amax(dim=0)[None, None], (side, side), mode="bilinear")[0, 0]

    def advance(self, rate: np.ndarray, flushing: Flushing, t: int) -> None:
        """Go on by one frame, to frame t. rate (S,): microlitres a second of each source meanwhile."""
        steps = max(1, round(1 / self.clip.fps / _STEP_S))
        dt = 1 / self.clip.fps / steps
        window = self._wet_window(rate)
        if window is not None:
            emitted = torch.tensordot(torch.from_numpy(rate.astype(np.float32)).to(self.bed.device), self.mouths, 1)
            for _ in range(steps):
                self.thickness += emitted * dt
                self.fresh += emitted * dt
                self._flow(window, dt)
                for mouth in self._mouth_windows(rate):
                    for _ in range(_MOUTH_STEPS):
                        self._flow(mouth, dt)
        self._age(1 / self.clip.fps)
        self._wash(flushing, t, 1 / self.clip.fps)

    def layers(self) -> torch.Tensor:
        """(6, CELLS, CELLS): thickness, slope_x and slope_y of the wet surface (mm per mm), fresh, stain, water.

        Smoothed over a cell, as surface tension does, so that the grid does not show.
        """
        raw = torch.stack([self.thickness, self.fresh, self.stain, self.water, self.bed + self.thickness])
        smooth = F.conv2d(F.pad(raw[:, None], (3, 3, 3, 3), mode="replicate"), self._kernel)[:, 0]
        thickness, fresh, stain, water, surface = smooth
        slope_x = (surface[1:-1, 2:] - surface[1:-1, :-2]) / (2 * self.cell_mm)
        slope_y = (surface[2:, 1:-1] - surface[:-2, 1:-1]) / (2 * self.cell_mm)
        inner = (slice(1, -1), slice(1, -1))
        return torch.stack([thickness[inner], slope_x, slope_y, fresh[inner], stain[inner], water[inner]])

    @property
    def _kernel(self) -> torch.Tensor:
        row = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=self.bed.device) / 16
        return (row[:, None] * row)[None, None]

    def _wet_window(self, rate: np.ndarray) -> tuple[slice, slice] | None:
        """The part of the grid where something may move during a frame."""
        wet = self.thickness > _WET_MM
        if (rate > 0).any():
            wet = wet | (self.mouths.sum(dim=0) > 0)
        rows, columns = torch.nonzero(wet.any(dim=1)), torch.nonzero(wet.any(dim=0))
        if not len(rows):
            return None
        (top, bottom), (left, right) = ((int(span[0]), int(span[-1]) + 1) for span in (rows, columns))
        return (
            slice(max(top - _REACH, 0), min(bottom + _REACH, CELLS)),
            slice(max(left - _REACH, 0), min(right + _REACH, CELLS)),
        )

    def _mouth_windows(self, rate: np.ndarray) -> list[tuple[slice, slice]]:
        """The surroundings of each source that is bleeding."""
        windows = []
        for x, y in self.mouth_cells[rate > 0]:
            left, top = max(x - _MOUTH_REACH, 0), max(y - _MOUTH_REACH, 0)
            windows.append((slice(top, y + _MOUTH_REACH), slice(left, x + _MOUTH_REACH)))
        return windows

    def _flow(self, window: tuple[slice, slice], dt: float) -> None:
        """One step of exchange between neighbours, limited so that no cell gives more than it has."""
        h, fresh = self.thickness[window], self.fresh[window]
        level = self.downhill[2] * (self.bed[window] + h)
        drive = _DRIVE / self.clip.bleeding.viscosity_mpas
        dx = self.cell_mm
        share = fresh / h.clamp(min=1e-6)
        h_new, fresh_new = h.clone(), fresh.clone()
        for axis, pull in ((1, self.downhill[0]), (0, self.downhill[1])):
            count = h.shape[axis] - 1
            a, b = h.narrow(axis, 0, count), h.narrow(axis, 1, count)
            fall = (level.narrow(axis, 0, count) - level.narrow(axis, 1, count)) / dx + pull
            forth = fall > 0
            giver = torch.where(forth, a, b)
            taker = torch.where(forth, b, a)
            held = (taker < _WET_MM) & (giver < _PINNED_MM * self.pinning[window].narrow(axis, 0, count))
            size = fall.abs()
            amount = torch.minimum(drive * (dt / dx) * giver**3 * size, _STABLE * torch.minimum(giver, dx * size))
            moved = torch.where(held, 0.0, torch.copysign(amount, fall))
            carried = moved * torch.where(forth, share.narrow(axis, 0, count), share.narrow(axis, 1, count))
            for field, flux in ((h_new, moved), (fresh_new, carried)):
                field.narrow(axis, 0, count).sub_(flux)
                field.narrow(axis, 1, count).add_(flux)
        self.thickness[window], self.fresh[window] = h_new, fresh_new

    def _age(self, seconds: float) -> None:
        """Absorption, ageing of the fresh tracer, and staining of what is wet."""
        bleeding = self.clip.bleeding
        sunk = (self.thickness - bleeding.absorption_um_s * 1e-3 * seconds).clamp(min=0)
        keep = float(np.exp(-seconds / bleeding.fresh_s))
        self.fresh = torch.minimum(self.fresh * keep, sunk)
        self.thickness = sunk
        dyeing = (sunk * 8).clamp(max=1) * min(1.0, seconds / 6.0)
        self.stain = torch.maximum(self.stain, (self.stain + dyeing).clamp(max=0.8))

    def _wash(self, flushing: Flushing, t: int, seconds: float) -> None:
        """A water jet carries blood away where it hits; its water runs off within about a second."""
        self.water = self.water * float(np.exp(-seconds / 0.8))
        if not flushing.flow[t]:
            return
        hit = flushing.spread(t, self.bed, self.half_mm)
        loss = torch.exp(-7.0 * seconds * float(flushing.flow[t]) * hit)
        self.thickness, self.fresh = self.thickness * loss, self.fresh * loss
        self.stain = self.stain * loss**0.25
        self.water = (self.water + 2.0 * seconds * hit).clamp(max=0.6)


def _mouths(clip: PhantomClip, cells: np.ndarray, sources: Sources) -> np.ndarray:
    """Each source's opening (S, CELLS, CELLS): mm of film a second for one microlitre a second."""
    cell = float(cells[0, 1, 0] - cells[0, 0, 0])
    radius = max(0.014 * clip.view_mm, 0.9 * cell)
    apart = ((cells - sources.tissue[:, None, None]) ** 2).sum(axis=-1)
    opening = np.where(apart < (2.2 * radius) ** 2, np.exp(-0.5 * apart / radius**2), 0)
    return opening / opening.sum(axis=(1, 2), keepdims=True) / cell**2
