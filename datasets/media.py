"""A cohort's pixels: RGB frames of a clip in order, from image files or by reading its video through."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from .cohort import Cohort
from .errors import BleedkitError
from .images import read_image
from .safe_path import inside
from .schema import Clip, Frame, ImageSize
from .video import read_video


def iter_images(
    cohort: Cohort, clip_id: str, frames: Collection[int] | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (frame, RGB uint8 (H, W, 3), C-contiguous) of a clip, ascending; one picture in memory at a time.

    frames: only these; None for all. Frames without image, and numbers the clip does not have, are skipped. Videos are
    decoded from their first frame up to the last one wanted. Raises BleedkitError, naming file and frame, where an
    image is missing, does not decode, or is not of the clip's size.
    """
    yield from clip_images(cohort.media_root, cohort.clip(clip_id), cohort.frames(clip_id), frames)


def clip_images(
    root: Path, clip: Clip, rows: Sequence[Frame], frames: Collection[int] | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """`iter_images` for a clip that is in no cohort yet. root: the media root. rows: the clip's frames in order."""
    known = {row.frame for row in rows if row.has_image}
    wanted = known if frames is None else known.intersection(frames)
    read = _from_video if clip.media else _from_files
    for frame, rgb in read(root, clip, rows, wanted):
        size = ImageSize(rgb.shape[1], rgb.shape[0])
        if size != clip.size:
            what = f"{clip.media or clip.clip_id} frame {frame}: picture must be {clip.size}, got {size}"
            raise BleedkitError(what, "restore the file or build the cohort again")
        yield frame, rgb


def _from_video(
    root: Path, clip: Clip, rows: Sequence[Frame], wanted: Collection[int]
) -> Iterator[tuple[int, np.ndarray]]:
    return read_video(inside(root, clip.media), rows, wanted)


def _from_files(
    root: Path, clip: Clip, rows: Sequence[Frame], wanted: Collection[int]
) -> Iterator[tuple[int, np.ndarray]]:
    for row in rows:
        if row.frame in wanted:
            try:
                yield row.frame, read_image(inside(root, row.path))
            except BleedkitError as error:
                raise BleedkitError(f"clip {clip.clip_id} frame {row.frame}: {error.what}", error.remedy) from error
