"""Frames as files that labelme shows pixel by pixel as they are stored: the source's own bytes, or a lossless PNG."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ...datasets.cohort import Cohort
from ...datasets.errors import BleedkitError
from ...datasets.images import decode_image, image_format, image_orientation, image_size_of
from ...datasets.media import iter_images
from ...datasets.safe_path import inside
from ...datasets.schema import Clip, Frame

_ENDINGS: Final = {"JPEG": ".jpg", "PNG": ".png"}
_BIT_DEPTH: Final = 24  # byte of a PNG's header


def pictures(
    cohort: Cohort, clip: Clip, frames: Sequence[Frame], wanted: Collection[int]
) -> Iterator[tuple[int, str, bytes]]:
    """Yield (frame, ending, bytes) of the wanted frames in order. frames: of the clip, those without image left out.

    Raises BleedkitError, naming clip and frame, where an image is missing, broken, or not of the clip's size.
    """
    if clip.media:
        for number, rgb in iter_images(cohort, clip.clip_id, wanted):
            yield number, ".png", _png(rgb)
        return
    for frame in frames:
        if frame.frame in wanted:
            try:
                yield frame.frame, *_file(inside(cohort.media_root, frame.path), clip)
            except BleedkitError as error:
                raise BleedkitError(f"clip {clip.clip_id} frame {frame.frame}: {error.what}", error.remedy) from error


def _file(path: Path, clip: Clip) -> tuple[str, bytes]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BleedkitError(f"{path} cannot be read ({error.strerror})", "put it back") from error
    size = image_size_of(data, str(path))
    if size != clip.size:
        raise BleedkitError(f"{path}: picture must be {clip.size}, got {size}", "restore the file")
    if _is_shown_as_stored(path, data):
        return _ENDINGS[image_format(path)], data
    return ".png", _png(decode_image(data, str(path)))


def _is_shown_as_stored(path: Path, data: bytes) -> bool:
    """Labelme turns pictures by their EXIF orientation, stores other formats anew, and shows no 16-bit gray."""
    kind = image_format(path)
    if kind == "JPEG":
        return image_orientation(path) == 1
    return kind == "PNG" and data[_BIT_DEPTH] <= 8 and b"eXIf" not in data


def _png(rgb: np.ndarray) -> bytes:
    done, data = cv2.imencode(".png", rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise ValueError(f"a picture of shape {rgb.shape} cannot be a PNG")
    return data.tobytes()
