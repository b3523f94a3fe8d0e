"""Image and mask files to show: the source's own images, or JPEGs made once from a clip's video."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..datasets.cohort import ClipView, Cohort
from ..datasets.errors import BleedkitError
from ..datasets.schema import Clip, Frame
from .checked_paths import CheckedPaths

if TYPE_CHECKING:
    import numpy as np

JPEG_QUALITY: Final = 92


def frame_files(cohort: Cohort, view: ClipView) -> dict[int, str]:
    """Absolute path of the image of every frame of the clip that has one.

    Frames of a video are decoded into `<cohort>/cache/frames/<digest of the video>/`, once. Raises BleedkitError where
    an image is gone or a video cannot be read.
    """
    shown = [frame for frame in view.frames if frame.has_image]
    return _from_video(cohort, view.clip, shown) if view.clip.media else _source_files(cohort, shown)


def mask_files(cohort: Cohort, view: ClipView) -> dict[str, str]:
    """Absolute path of every current mask of the clip, by label id."""
    paths, found = CheckedPaths(cohort.folder), {}
    for mask in view.masks:
        try:
            found[mask.label_id] = paths.path(mask.path)
        except FileNotFoundError:  # a commit may be under way
            found[mask.label_id] = str(cohort.mask_path(mask).resolve())
    return found


def _source_files(cohort: Cohort, frames: Sequence[Frame]) -> dict[int, str]:
    paths, found = CheckedPaths(cohort.media_root), {}
    for frame in frames:
        try:
            found[frame.frame] = paths.path(frame.path)
        except FileNotFoundError as error:
            what = f"{error.filename}, the image of clip {frame.clip_id} frame {frame.frame}, is gone"
            raise BleedkitError(what, "put it back, or build the cohort again") from error
    return found


def _from_video(cohort: Cohort, clip: Clip, frames: Sequence[Frame]) -> dict[int, str]:
    from ..datasets.media import iter_images

    folder = cohort.folder.resolve() / "cache" / "frames" / clip.media_digest[:32]
    paths = {frame.frame: folder / f"{frame.frame:06d}.jpg" for frame in frames}
    missing = set(paths) - _made(folder)
    for number, rgb in iter_images(cohort, clip.clip_id, missing) if missing else ():
        _write_jpeg(paths[number], rgb)
        missing.discard(number)
    if missing:
        raise BleedkitError(
            f"{clip.media}, the video of clip {clip.clip_id}, has no frame {min(missing)}",
            "run 'bleedkit data validate'",
        )
    return {number: str(path) for number, path in paths.items()}


def _made(folder: Path) -> set[int]:
    """Numbers of the frames that are there whole; a power cut may have left empty ones."""
    if not folder.is_dir():
        return set()
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.stat().st_size]
    return {int(name[:-4]) for name in names if name.endswith(".jpg") and name[:-4].isdigit()}


def _write_jpeg(path: Path, rgb: "np.ndarray") -> None:
    """Through a draft, so that a kill leaves no half picture; no fsync, which would cost more than the picture."""
    import cv2

    done, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError(f"{path}: frame cannot be a JPEG")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(data.tobytes())
    os.replace(draft, path)
