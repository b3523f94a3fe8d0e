"""A clip's scene without its pixels: anatomy, motion and sources, enough for every exact position."""

from dataclasses import dataclass

import numpy as np

from .anatomy import Anatomy
from .config import PhantomClip
from .sources import Sources
from .surface_map import SurfaceMap


@dataclass(frozen=True, eq=False)
class Scene:
    """What is where and how it moves."""

    clip: PhantomClip
    anatomy: Anatomy
    surface: SurfaceMap
    sources: Sources

    @classmethod
    def of(cls, clip: PhantomClip) -> "Scene":
        """The scene of a clip; takes a part of a second."""
        anatomy = Anatomy.of(clip)
        return cls(clip, anatomy, SurfaceMap.of(clip, anatomy), Sources.of(clip, anatomy))

    def source_tracks(self) -> np.ndarray:
        """Exact positions of the sources (T, S, 2), pixels, inside the image or not."""
        return self._tracks(self.sources.tissue)

    def tissue_tracks(self, xy: np.ndarray) -> np.ndarray:
        """Exact positions (T, N, 2) of the tissue seen at pixels xy (N, 2) of frame 0; outside the image too."""
        return self._tracks(self.surface.to_tissue(0, np.asarray(xy, float)))

    def _tracks(self, tissue: np.ndarray) -> np.ndarray:
        return np.stack([self.surface.to_image(t, tissue) for t in range(self.clip.n_frames)])


def tissue_tracks(clip: PhantomClip, xy: np.ndarray) -> np.ndarray:
    """Exact positions (T, N, 2) float64, pixels, of any N tissue points given by where frame 0 shows them (N, 2).

    Whether a point is covered is in each PhantomFrame.cover.
    """
    return Scene.of(clip).tissue_tracks(xy)
