"""render_clip: the phantom's frames with their truth, one at a time and in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from .blood_film import BloodFilm
from .camera import NEARNESS
from .config import PhantomClip
from .flushing import Flushing
from .instruments import cast_shadow, draw, instruments_of
from .noise import fractal
from .one_thread import one_thread
from .optics import Optics, interlace
from .pixel_geometry import GeometrySolver, PixelGeometry
from .pixel_sampling import pixel_centres, pull_along, sample_field
from .scene import Scene
from .shading import COVERED_MM, Film, shade
from .tissue import HEIGHT, RAGGED, tissue_texture
from .truth import Cover, PhantomFrame, SourceTruth, cover_at
from .veils import SMEAR_LIGHT, SMOKE_LIGHT, Veils
from .water_jet import WaterJet

_OPAQUE_SMOKE = 1.5  # optical depth: 22 % of the tissue's light comes through
_OPAQUE_SMEAR = 0.55
_BLUR_FROM_PX = 0.6  # less motion while the shutter is open is not worth blurring


def render_clip(clip: PhantomClip, device: str = "cpu") -> Iterator[PhantomFrame]:
    """Yield the clip's frames in order. The same clip gives the same bytes on every CPU run."""
    with one_thread():
        renderer = _Renderer(Scene.of(clip), device)
    for t in range(clip.n_frames):
        with one_thread():
            frame = renderer.frame(t)
        yield frame


@dataclass(frozen=True, eq=False)
class _Over:
    """What was drawn over the tissue, (H, W) each: instruments, smoke's optical depth, the smear's opacity."""

    instrument: torch.Tensor
    smoke: torch.Tensor | None
    smear: torch.Tensor | None

    def opaque(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Where instrument, smoke and smear keep the tissue from being seen."""
        nowhere = torch.zeros_like(self.instrument)
        smoky = nowhere if self.smoke is None else self.smoke > _OPAQUE_SMOKE
        return self.instrument, smoky, nowhere if self.smear is None else self.smear > _OPAQUE_SMEAR


class _Renderer:
    """A clip's state between frames: the film, and the geometry's last solution to start the next from."""

    def __init__(self, scene: Scene, device: str) -> None:
        clip = scene.clip
        self.scene, self.clip = scene, clip
        self.texture = tissue_texture(clip, scene.anatomy).to(device)
        self.source_xy = scene.source_tracks()
        self.film = BloodFilm.of(clip, scene.anatomy, scene.sources, self.texture[HEIGHT])
        self.texture[HEIGHT] *= 1 - self.film.wounds(scene.anatomy.side)  # no grain stands out of an opening
        self.flushing = Flushing.of(clip, scene.sources.tissue[0])
        self.jet = WaterJet(clip, self.flushing, scene.surface)
        self.instruments = instruments_of(clip, self.source_xy[:, 0])
        self.veils, self.optics = Veils(clip, device), Optics(clip, device)
        self.geometry = GeometrySolver(scene.surface, clip.size, device)
        self.centres = pixel_centres(clip.size, device)
        ripple = fractal(clip.rng("ripple"), 256, 24, 3)
        self.ripple = torch.from_numpy(ripple).to(device)[None]

    def frame(self, t: int) -> PhantomFrame:
        """Frame t; call in order from 0."""
        self.film.advance(self.scene.sources.rate[t], self.flushing, t)
        geometry = self.geometry.at(t)
        half = self.scene.anatomy.half_mm
        tissue = sample_field(self.texture, geometry.tissue, half)
        film = Film.of(sample_field(self.film.layers(), geometry.tissue + tissue[RAGGED], half), tissue[HEIGHT])
        light = self._light(t, geometry, tissue, film)
        covers = torch.zeros_like(geometry.depth)
        for instrument in self.instruments:
            draw(light, covers, instrument, t, self.centres)
        self.jet.draw(light, t, self.centres)
        smoke, smear = self.veils.smoke(t), self.veils.smear(t)
        for veil, colour in ((None if smoke is None else 1 - torch.exp(-smoke), SMOKE_LIGHT), (smear, SMEAR_LIGHT)):
            if veil is not None:
                light = torch.lerp(light, torch.tensor(colour, device=light.device)[:, None, None], veil)
        over = _Over(covers > 0.5, smoke, smear)
        return self._with_truth(t, self.optics.develop(light, t), geometry, film, over)

    def _light(self, t: int, geometry: PixelGeometry, tissue: torch.Tensor, film: Film) -> torch.Tensor:
        """Lit tissue and blood with instrument shadows, blurred by motion and interlaced where the camera is."""
        clip, ripple = self.clip, None
        if float(film.water.max()) > 1e-3:
            shift = np.random.default_rng(t).uniform(-0.4, 0.4, 2) * self.scene.anatomy.half_mm
            moving = geometry.tissue + torch.tensor(shift, dtype=torch.float32, device=tissue.device)[:, None, None]
            ripple = sample_field(self.ripple, moving, self.scene.anatomy.half_mm / 2)[0]
        glare = 1 + clip.strength("light reflection") * clip.disturbances.glare
        rest_mm = NEARNESS * clip.view_mm
        light = shade(tissue, film, geometry.to_camera, rest_mm=rest_mm, ripple=ripple, glare=glare)
        for instrument in self.instruments:
            cast_shadow(light, instrument, t, self.centres)
        open_for = clip.optics.shutter
        if float(geometry.flow.abs().mean()) * open_for > _BLUR_FROM_PX:
            ends = [pull_along(light, geometry.flow, share * open_for, self.centres) for share in (-0.5, 0.5)]
            light = (light + ends[0] + ends[1]) / 3
        if clip.optics.interlaced:
            light = interlace(light, pull_along(light, geometry.flow, 0.5, self.centres))
        return light

    def _with_truth(self, t: int, rgb: np.ndarray, geometry: PixelGeometry, film: Film, over: _Over) -> PhantomFrame:
        valid = self.optics.valid
        instrument, smoky, smeared = (part.cpu().numpy() & valid for part in over.opaque())
        cover = np.where((film.depth > COVERED_MM).cpu().numpy() | smeared, np.uint8(Cover.BLOOD), np.uint8(0))
        for part, kind in ((smoky, Cover.SMOKE), (instrument, Cover.INSTRUMENT), (~valid, Cover.OUT_OF_VIEW)):
            cover[part] = kind
        seen = valid & ~(instrument | smoky | smeared)
        region, pooled, dried = (mask.cpu().numpy() & seen for mask in (film.active, film.pooled, film.dried))
        if not self.scene.sources.bleeds(t).any():
            region, pooled = np.zeros_like(region), region | pooled
        last = t == self.clip.n_frames - 1
        return PhantomFrame(
            frame=t,
            rgb=rgb,
            region=region,
            pooled=pooled,
            dried=dried,
            instrument=instrument,
            edges=_rim(region),
            cover=cover,
            valid=valid,
            depth=geometry.depth.cpu().numpy(),
            flow=None if last else np.ascontiguousarray(geometry.flow.permute(1, 2, 0).cpu().numpy()),
            sources=tuple(self._source(t, k, cover) for k in range(self.clip.sources)),
        )

    def _source(self, t: int, k: int, cover: np.ndarray) -> SourceTruth:
        x, y = (float(v) for v in self.source_xy[t, k])
        over = cover_at(cover, x, y)
        return SourceTruth(x, y, over is Cover.NOTHING, over.cause, bool(self.scene.sources.bleeds(t)[k]))


def _rim(region: np.ndarray) -> np.ndarray:
    """Pixels of the region that have a neighbour outside it; the image's border is no edge."""
    inner = cv2.erode(region.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return region & (inner == 0)
