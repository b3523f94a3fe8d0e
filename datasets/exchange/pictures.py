"""A cohort's pictures as files for other tools: the source's own bytes where every tool shows them as they are stored,
else a lossless PNG.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ..cohort import ClipView, Cohort
from ..errors import BleedkitError
from ..images import decode_image, image_format, image_orientation, image_size_of
from ..media import clip_images
from ..safe_path import inside
from ..schema import Clip, Frame

_ENDINGS: Final = {"JPEG": ".jpg", "PNG": ".png"}
_BIT_DEPTH: Final = 24  # byte of a PNG's header


def pictures(
    cohort: Cohort, clip: Clip, frames: Sequence[Frame], wanted: Collection[int], *, png: bool = False
) -> Iterator[tuple[int, str, bytes]]:
    """Yield (frame, ending, bytes) of the wanted frames in order; those without image are passed over.

    frames: of the clip. png: PNG without exception. Raises BleedkitError, naming clip and frame, where a picture is
    missing, broken, or not of the clip's size.
    """
    wanted = {frame.frame for frame in frames if frame.has_image and frame.frame in wanted}
    if clip.media and wanted:  # opening a video takes longer than a picture
        for number, rgb in clip_images(cohort.media_root, clip, frames, wanted):
            yield number, ".png", png_bytes(rgb[..., ::-1])
        return
    for frame in frames:
        if frame.frame in wanted:
            try:
                yield frame.frame, *_file(inside(cohort.media_root, frame.path), clip, png)
            except BleedkitError as error:
                raise BleedkitError(f"clip {clip.clip_id} frame {frame.frame}: {error.what}", error.remedy) from error


def write_pictures(
    cohort: Cohort, view: ClipView, wanted: Collection[int], stem: Path, *, tail: str = "", png: bool = False
) -> dict[int, Path]:
    """Write `pictures` of a clip to `<stem><frame, 6 digits><tail>.<ending>`; returns the files by frame."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    written: dict[int, Path] = {}
    for number, ending, data in pictures(cohort, view.clip, view.frames, wanted, png=png):
        written[number] = stem.with_name(f"{stem.name}{number:06d}{tail}{ending}")
        written[number].write_bytes(data)
    return written


def png_bytes(pixels: np.ndarray) -> bytes:
    """PNG of (H, W) or BGR (H, W, 3) uint8."""
    done, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise ValueError(f"a picture of shape {pixels.shape} cannot be a PNG")
    return data.tobytes()


def _file(path: Path, clip: Clip, png: bool) -> tuple[str, bytes]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BleedkitError(f"{path} cannot be read ({error.strerror})", "put it back") from error
    size = image_size_of(data, str(path))
    if size != clip.size:
        raise BleedkitError(f"{path}: picture must be {clip.size}, got {size}", "restore the file")
    if not png and _is_shown_as_stored(path, data):
        return _ENDINGS[image_format(path)], data
    return ".png", png_bytes(decode_image(data, str(path))[..., ::-1])


def _is_shown_as_stored(path: Path, data: bytes) -> bool:
    """Tools turn pictures by their EXIF orientation; labelme stores other formats anew, and shows no 16-bit gray."""
    kind = image_format(path)
    if kind == "JPEG":
        return image_orientation(path) == 1
    return kind == "PNG" and data[_BIT_DEPTH] <= 8 and b"eXIf" not in data
