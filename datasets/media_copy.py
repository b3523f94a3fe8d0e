"""Where a cohort's media lie: referenced in place, copied, or copied with videos turned into image files."""

import hashlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from .schema import Clip, Frame

MEDIA: Final = "media"
COPIES: Final = ("media", "frames")


@dataclass(frozen=True)
class MediaCopy:
    """How one clip's media come into a cohort. mode: None (left in place) or one of COPIES. staging: the new cohort.

    Copies are named by the clip's ordinal and the frame number: names of the source may tell who the patient is.
    """

    mode: str | None
    staging: Path
    ordinal: int

    @property
    def _name(self) -> str:
        return f"{self.ordinal:05d}"

    def image(self, frame: Frame, data: bytes) -> Frame:
        """Copy an image file, bytes as they are; returns the frame with its path below the media root."""
        if self.mode is None:
            return frame
        return replace(frame, path=self._write(f"{frame.frame:06d}{Path(frame.path).suffix.lower()}", data))

    def picture(self, frame: Frame, rgb: np.ndarray) -> Frame:
        """Write a video's picture, rgb (H, W, 3) uint8, as PNG (lossless) where videos become image files."""
        if self.mode != "frames":
            return frame
        data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
        path = self._write(f"{frame.frame:06d}.png", data)
        return replace(frame, path=path, digest=hashlib.sha256(data).hexdigest())

    def video(self, clip: Clip, path: Path) -> Clip:
        """Copy a video; returns the clip with its path below the media root, or without one as image files."""
        if self.mode is None:
            return clip
        if self.mode == "frames":
            return replace(clip, media="", media_digest="")
        place = self.staging / MEDIA / f"{self._name}{path.suffix.lower()}"
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, place)
        return replace(clip, media=place.name)

    def discard(self) -> None:
        """Remove what was copied of a clip that is left out after all."""
        shutil.rmtree(self.staging / MEDIA / self._name, ignore_errors=True)

    def _write(self, name: str, data: bytes) -> str:
        place = self.staging / MEDIA / self._name / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return f"{self._name}/{name}"
