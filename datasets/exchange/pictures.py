"""A cohort's pictures as image files for other tools: the source's own bytes where they can be, else a lossless PNG."""

from collections.abc import Collection
from pathlib import Path

import cv2
import numpy as np

from ..cohort import ClipView, Cohort
from ..errors import BleedkitError
from ..images import image_format, image_orientation, image_size
from ..media import clip_images
from ..schema import Clip, Frame


def write_pictures(
    cohort: Cohort, view: ClipView, wanted: Collection[int], stem: Path, *, tail: str = "", png: bool = False
) -> dict[int, Path]:
    """Write pictures of a clip to `<stem><frame, 6 digits><tail>.<ending>`; returns the files by frame.

    wanted: frames; those without image are passed over. png: PNG without exception. Files that tools would turn by
    their EXIF orientation become PNG in any case.
    Raises BleedkitError where a picture is missing or broken.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    written: dict[int, Path] = {}
    decoded: list[Frame] = []
    clip = view.clip
    for frame in view.frames:
        if frame.frame not in wanted or not frame.has_image:
            continue
        source = cohort.media_path(frame.path) if frame.path and not png else None
        if source is None or not _goes_as_it_is(source, clip):
            decoded.append(frame)
            continue
        ending = ".jpg" if image_format(source) == "JPEG" else ".png"
        path = stem.with_name(f"{stem.name}{frame.frame:06d}{tail}{ending}")
        path.write_bytes(source.read_bytes())
        written[frame.frame] = path
    numbers = {frame.frame for frame in decoded}
    for number, rgb in clip_images(cohort.media_root, clip, view.frames, numbers) if numbers else ():
        path = stem.with_name(f"{stem.name}{number:06d}{tail}.png")
        path.write_bytes(png_bytes(rgb[..., ::-1]))
        written[number] = path
    return written


def _goes_as_it_is(path: Path, clip: Clip) -> bool:
    size = image_size(path)
    if size != clip.size:
        what = f"clip {clip.clip_id}: {path}: picture must be {clip.size}, got {size}"
        raise BleedkitError(what, "restore the file or build the cohort again")
    return image_format(path) in ("JPEG", "PNG") and image_orientation(path) == 1


def png_bytes(pixels: np.ndarray) -> bytes:
    """PNG of (H, W) or BGR (H, W, 3) uint8."""
    done, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise ValueError(f"a picture of shape {pixels.shape} cannot be a PNG")
    return data.tobytes()
