"""ClipPictures: a clip's pixels, as an annotator asks for them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from ...datasets.cohort import Cohort
from ...datasets.mask_file import read_mask_png
from ...datasets.media import iter_images
from ...datasets.safe_path import inside
from ...datasets.schema import ImageSize
from ...datasets.transaction import current


@dataclass(frozen=True)
class ClipPictures:
    """Every method raises BleedkitError, naming file and frame, where something cannot be read."""

    cohort: Cohort
    clip_id: str

    @property
    def size(self) -> ImageSize:
        """Of every frame."""
        return self.cohort.clip(self.clip_id).size

    def images(self, frames: Collection[int] | None = None) -> Iterator[tuple[int, np.ndarray]]:
        """(frame, RGB uint8 (H, W, 3)), ascending: of these frames, or of all that have an image."""
        return iter_images(self.cohort, self.clip_id, frames)

    def numbered(self) -> Iterator[tuple[int, np.ndarray]]:
        """All images, counted from 0 without gaps, as models want them."""
        for place, (_, rgb) in enumerate(self.images()):
            yield place, rgb

    def mask(self, path: str) -> np.ndarray:
        """A mask (H, W) bool. path: below the cohort folder."""
        inside(self.cohort.folder, path)
        return read_mask_png(current(self.cohort.folder, path))
