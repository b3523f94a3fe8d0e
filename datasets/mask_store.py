"""Masks in a cohort: files named by their content; a source's masks checked against their frames."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .clip_check import frame_file
from .errors import BleedkitError
from .mask_file import mask_png
from .problems import Problems
from .schema import Clip, Frame, MaskLabel
from .source import SourceClip, SourceMask


@dataclass(frozen=True)
class MaskFile:
    """A mask as the cohort keeps it. path: below the cohort, with no name of the source in it. area: pixels set."""

    path: str
    digest: str
    area: int
    data: bytes

    @classmethod
    def of(cls, mask: np.ndarray) -> "MaskFile":
        """The file of a mask (H, W) bool."""
        data = mask_png(mask)
        digest = hashlib.sha256(data).hexdigest()
        return cls(f"masks/{digest[:2]}/{digest}.png", digest, int(np.count_nonzero(mask)), data)

    def write(self, folder: Path) -> None:
        """Write it below `folder`, unless the same mask is there already."""
        path = folder / self.path
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.data)


def store_masks(
    source: SourceClip, frames: Mapping[int, Frame], staging: Path, provenance: str, problems: Problems
) -> list[MaskLabel]:
    """Write the clip's masks below `staging` and return their labels; those that do not fit a frame are errors."""
    clip = source.clip
    labels: list[MaskLabel] = []
    seen: set[tuple[int, str, str]] = set()
    try:
        for mask in source.masks():
            key = (mask.frame, mask.target, mask.annotator)
            frame = frames.get(mask.frame)
            file = frame_file(clip, frame)
            wanted, got = (clip.size.height, clip.size.width), mask.mask.shape
            if frame is None or not frame.has_image:
                what = f"{mask.target} mask is on a frame without image; left out"
                problems.error("mask-without-image", file, what, "restore the image", mask.frame)
            elif got != wanted:
                what = f"{mask.target} mask must be {clip.size} like its frame, got {got[1]}x{got[0]}; left out"
                problems.error("mask-size", file, what, "export it at the frame's size", mask.frame)
            elif key in seen:
                what = f"{mask.target} has two masks; the second is left out"
                problems.error("duplicate-label", file, what, "keep one of them", mask.frame)
            else:
                seen.add(key)
                labels.append(_store(clip, mask, staging, provenance))
    except BleedkitError as error:
        problems.error("mask-file", clip.clip_id, f"{error.what}; later masks left out", error.remedy)
    return labels


def _store(clip: Clip, mask: SourceMask, staging: Path, provenance: str) -> MaskLabel:
    file = MaskFile.of(mask.mask)
    file.write(staging)
    return MaskLabel(
        clip_id=clip.clip_id,
        frame=mask.frame,
        path=file.path,
        digest=file.digest,
        area=file.area,
        target=mask.target,
        annotator=mask.annotator,
        provenance=provenance,
    )
