"""Where blood comes from: the bleeding points of a clip on the tissue, and how much each gives when."""

from dataclasses import dataclass

import numpy as np

from . import time_curves
from .anatomy import Anatomy, Material
from .config import BleedingKind, PhantomClip
from .sites import Bed

_BEDS = {
    Bed.GALLBLADDER: Material.GALLBLADDER,
    Bed.LIVER: Material.RAW,
    Bed.FAT: Material.FAT,
    Bed.VESSEL: Material.VESSEL,
    Bed.SUBMUCOSA: Material.SUBMUCOSA,
}


@dataclass(frozen=True, eq=False)
class Sources:
    """tissue (S, 2): mm. first_frame (S,): the frame each starts at; the clip's n_frames where it never bleeds.

    stop_frame: the first at which none bleeds any more. rate (T, S): microlitres a second over the interval that ends
    at frame t, 0 before the start and after the stop.
    """

    tissue: np.ndarray
    first_frame: np.ndarray
    stop_frame: int
    rate: np.ndarray

    def bleeds(self, t: int) -> np.ndarray:
        """(S,) bool: which sources bleed at frame t."""
        return (self.first_frame <= t) & (t < self.stop_frame)

    @classmethod
    def of(cls, clip: PhantomClip, anatomy: Anatomy) -> "Sources":
        """Sources in the site's own tissue, near the middle of what the camera sees at rest."""
        rng, bleeding = clip.rng("sources"), clip.bleeding
        tissue = _places(clip, anatomy, rng)
        late = np.concatenate([[0.0], rng.uniform(0.2, 3.0, clip.sources - 1)])
        onset = clip.n_frames if clip.onset_frame is None else clip.onset_frame
        first = np.minimum(onset + np.round(late * clip.fps).astype(int), clip.n_frames)
        stop = clip.n_frames if clip.stop_frame is None else clip.stop_frame
        times = np.arange(clip.n_frames) / clip.fps
        rate = np.full((clip.n_frames, clip.sources), bleeding.rate_ul_s or clip.place.rate_ul_s, float)
        for k in range(clip.sources):
            rate[:, k] *= np.exp(rng.normal(0, 0.3)) * np.exp(0.2 * time_curves.drift(rng, times, 2.5))
            if bleeding.kind is BleedingKind.SPURTING:
                since = times - first[k] / clip.fps
                rate[:, k] *= 1.6 * time_curves.beats(since, bleeding.beats_per_min, 0.15)
            rate[: first[k], k] = 0
        rate[stop:] = 0
        return cls(tissue, first, stop, rate * (1 + 0.8 * clip.strength("obscured view")))


def _places(clip: PhantomClip, anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    """Spots (S, 2) in mm: candidates about the middle, kept where the site's tissue is and apart from each other."""
    inside = anatomy.weights[_BEDS[clip.place.bed]]
    spots: list[np.ndarray] = []
    for spread in np.geomspace(0.07, 0.4, 200 * clip.sources):
        spot = rng.normal(0, spread, 2) * clip.view_mm * (1, clip.size.height / clip.size.width)
        column, row = np.floor((spot / anatomy.half_mm + 1) / 2 * anatomy.side).astype(int).clip(0, anatomy.side - 1)
        apart = min((float(np.hypot(*(spot - other))) for other in spots), default=np.inf)
        if inside[row, column] > 0.6 and np.abs(spot).max() < 0.4 * clip.view_mm and apart > 0.12 * clip.view_mm:
            spots.append(spot)
        if len(spots) == clip.sources:
            return np.stack(spots)
    missing = clip.sources - len(spots)
    angles = 2 * np.pi * (np.arange(missing) / max(missing, 1) + rng.uniform())
    ring = 0.2 * clip.view_mm * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.concatenate([np.reshape(spots, (-1, 2)), ring])
