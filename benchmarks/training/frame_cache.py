"""Frames of clips, decoded once, made small once, and mapped into memory from then on.

A clip's file is (T, H, W, 3) uint8 RGB, one of masks (T, H, W) uint8 of 0 and 1. A file is named by the digest of what
it was made from, so a changed clip or label never meets an old file; it is there whole or not at all. A picture is the
one that a trained model is shown of that frame, to the last bit (StretchedPicture), and covers the same ground: a place
at x of W pixels is at x * w / W of w.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import PIL

from ...datasets.cohort import ClipView, Cohort
from ...datasets.digest import value_digest
from ...datasets.errors import BleedkitError
from ...datasets.mask_file import read_mask_png
from ...datasets.media import clip_images
from ...datasets.schema import ImageSize, MaskLabel
from ...models.picture_frame import StretchedPicture

_VERSION: Final = 2  # of the bytes in the files


@dataclass(frozen=True)
class FrameCache:
    """A folder of such files. size: of the pictures, whatever the shape of the frames (SurgBlood 5.2: 512x512)."""

    folder: Path
    size: ImageSize

    def frames(self, cohort: Cohort, view: ClipView) -> Path:
        """The clip's frames; black where it has no image. One decoded frame is in memory at a time.

        Raises BleedkitError where an image is missing or broken, or the folder takes no more.
        """
        clip = view.clip
        made_from = [clip.clip_id, clip.n_frames, clip.media_digest or [frame.digest for frame in view.frames]]
        path = self._path("frames", made_from)
        if not path.exists():
            with self._new(path, (clip.n_frames, self.size.height, self.size.width, 3)) as array:
                for number, rgb in clip_images(cohort.media_root, clip, view.frames):
                    frame = ImageSize(rgb.shape[1], rgb.shape[0])
                    array[number] = StretchedPicture(frame, self.size).pixels(rgb)
        return path

    def masks(self, cohort: Cohort, view: ClipView, labels: Mapping[int, Sequence[MaskLabel]]) -> Path:
        """The regions of the frames in `labels`, each the union of its masks; zeros elsewhere. Raises BleedkitError."""
        made_from = [view.clip.n_frames, [[n, [mask.digest for mask in masks]] for n, masks in sorted(labels.items())]]
        path = self._path("masks", made_from)
        if not path.exists():
            with self._new(path, (view.clip.n_frames, self.size.height, self.size.width)) as array:
                for number, masks in labels.items():
                    whole = np.logical_or.reduce([read_mask_png(cohort.mask_path(mask)) for mask in masks])
                    array[number] = small_mask(whole, self.size)
        return path

    def _path(self, kind: str, made_from: object) -> Path:
        by = PIL.__version__ if kind == "frames" else cv2.__version__
        digest = value_digest([_VERSION, by, kind, str(self.size), made_from])
        return self.folder / f"{kind}-{self.size}-{digest[:32]}.npy"

    @contextmanager
    def _new(self, path: Path, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
        """A file of zeros to write into; it gets its name when it is whole."""
        name = ""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".new-", dir=self.folder)
            # Room is asked for first: a mapped file on a full disk ends the process instead of raising.
            os.posix_fallocate(handle, 0, int(np.prod(shape)) + 4096)
            os.close(handle)
            array: Any = np.lib.format.open_memmap(name, mode="w+", dtype=np.uint8, shape=shape)
            yield array
            array.flush()
            os.chmod(name, 0o644)
            os.replace(name, path)
        except OSError as error:
            what = f"{path} cannot be written ({error.strerror})"
            raise BleedkitError(what, "free space, or put the cache elsewhere with --cache") from error
        finally:
            if name:
                Path(name).unlink(missing_ok=True)


def small_mask(mask: np.ndarray, size: ImageSize) -> np.ndarray:
    """A mask (H, W) bool stretched to `size`: (h, w) uint8, 1 where half the pixel's ground or more is inside.

    The share inside is the mean over each pixel's ground; between pixel centres where the mask is enlarged.
    """
    shrinks = mask.shape[0] >= size.height and mask.shape[1] >= size.width
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    share = np.asarray(cv2.resize(mask.astype(np.float32), (size.width, size.height), interpolation=way))
    return (share >= 0.5).astype(np.uint8)
