"""SurgBlood's layout on disk, as its authors' loader reads it.

`train|test/videos-image/<clip>/<frame>.jpg`, JPEG masks in `videos-mask/`, outlines in `videos-mask-edge/` of train,
`x y` normalised to [0, 1] in `videos-point/<clip>/<frame>.txt` with `0 0` for no point, and the test clips once more by
bleeding type.
"""

import os
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ..cohort import Cohort
from ..media import iter_images
from ..schema import Clip, PointLabel
from .layout_parts import mask_pixels, masks_by_frame, points_by_frame, write_jpeg

TEST_FOLDERS: Final = {
    "gallbladder": "testGallbladder",
    "cystic triangle": "testCysticTriangle",
    "vessel": "testVessel",
    "gallbladder bed": "testGallbladderBed",
}
_MASK_QUALITY: Final = 98
_EDGE: Final = np.ones((3, 3), np.uint8)


def write_clip(cohort: Cohort, clip: Clip, folder: Path) -> None:
    """Write one clip below `folder`, the dataset's root."""
    part = folder / clip.official_split
    points, masks = points_by_frame(cohort, clip.clip_id), masks_by_frame(cohort, clip.clip_id)
    for frame, rgb in iter_images(cohort, clip.clip_id):
        name = f"{clip.clip_id}/{frame:05d}"
        write_jpeg(part / "videos-image" / f"{name}.jpg", rgb)
        mask = mask_pixels(cohort, masks[frame]).astype(np.uint8) * 255
        write_jpeg(part / "videos-mask" / f"{name}.jpg", mask, _MASK_QUALITY)
        if clip.official_split == "train":
            edge = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, _EDGE)
            write_jpeg(part / "videos-mask-edge" / f"{name}.jpg", edge, _MASK_QUALITY)
        point = part / "videos-point" / f"{name}.txt"
        point.parent.mkdir(parents=True, exist_ok=True)
        point.write_text(_normalised(points[frame], clip), encoding="utf-8")
    if clip.official_split == "test":
        _again_by_type(clip, folder)


def _normalised(label: PointLabel, clip: Clip) -> str:
    if not label.visible:
        return "0 0\n"
    return f"{label.x / clip.size.width:.8f} {label.y / clip.size.height:.8f}\n"


def _again_by_type(clip: Clip, folder: Path) -> None:
    for kind in ("videos-image", "videos-mask", "videos-point"):
        there = folder / TEST_FOLDERS[clip.site] / kind / clip.clip_id
        there.mkdir(parents=True)
        for path in sorted((folder / "test" / kind / clip.clip_id).iterdir()):
            os.link(path, there / path.name)
