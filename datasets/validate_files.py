"""The files a cohort names: media by digest, masks by digest, size and content."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from .cohort import Cohort
from .digest import file_digest
from .errors import BleedkitError
from .mask_file import read_mask_png
from .problems import Problems
from .progress import track
from .schema import Clip, Frame, MaskLabel

_RESTORE: Final = "restore the file, or build the cohort again"


def check_media(
    cohort: Cohort,
    clips: Mapping[str, Clip],
    frames: Mapping[str, Mapping[int, Frame]],
    problems: Problems,
    *,
    quick: bool,
) -> None:
    """Every video and image file is there and, but for `quick`, has the digest the cohort states."""
    if not cohort.media_root.is_dir():
        what = f"media root is missing: {cohort.media_root}"
        problems.error(
            "media-root", "cohort.json", what, "mount or move the media back; nothing else was checked of them"
        )
        return
    files = list(_media(clips, frames))
    for path, digest, frame in track(files, "Checking media", len(files)):
        try:
            real = cohort.media_path(path)
            if not real.is_file():
                problems.error("media-missing", path, "file is missing", _RESTORE, frame)
            elif not quick and digest and file_digest(real) != digest:
                problems.error("media-changed", path, "file changed since the build (SHA-256 differs)", _RESTORE, frame)
        except BleedkitError as error:
            problems.error("unsafe-path", path, error.what, error.remedy, frame)
        except OSError as error:
            problems.error("unreadable", path, f"cannot be read ({error.strerror})", "check its permissions", frame)


def _media(
    clips: Mapping[str, Clip], frames: Mapping[str, Mapping[int, Frame]]
) -> Iterator[tuple[str, str, int | None]]:
    """(path, digest, frame) of every media file."""
    videos = {clip.media: clip.media_digest for clip in clips.values() if clip.media}
    yield from ((path, digest, None) for path, digest in videos.items())
    for clip in clips.values():
        for frame in frames[clip.clip_id].values():
            if not clip.media and frame.has_image:
                yield frame.path, frame.digest, frame.frame


def check_mask_files(
    cohort: Cohort, clips: Mapping[str, Clip], labels: list[MaskLabel], problems: Problems, *, quick: bool
) -> None:
    """Every mask is there and, but for `quick`, has its digest, is a 0/255 PNG and has its clip's size."""
    for label in track(labels, "Checking masks", len(labels)):
        try:
            path = cohort.mask_path(label)
            if not path.is_file():
                problems.error("mask-missing", label.path, "mask file is missing", _RESTORE, label.frame)
            elif not quick:
                _check_mask(path, label, clips.get(label.clip_id), problems)
        except BleedkitError as error:
            problems.error("mask-file", label.path, error.what, error.remedy, label.frame)
        except OSError as error:
            what = f"cannot be read ({error.strerror})"
            problems.error("unreadable", label.path, what, "check its permissions", label.frame)


def _check_mask(path: Path, label: MaskLabel, clip: Clip | None, problems: Problems) -> None:
    if file_digest(path) != label.digest:
        what = "mask changed since it was written (SHA-256 differs)"
        problems.error("mask-changed", label.path, what, _RESTORE, label.frame)
    mask = read_mask_png(path)
    height, width = mask.shape
    if clip is not None and (width, height) != (clip.size.width, clip.size.height):
        what = f"mask must be {clip.size} like its frame in {label.clip_id}, got {width}x{height}"
        problems.error("mask-size", label.path, what, _RESTORE, label.frame)
    elif label.area != np.count_nonzero(mask):
        what = f"its row says {label.area} pixels, the mask has {np.count_nonzero(mask)}"
        problems.error("mask-area", label.path, what, _RESTORE, label.frame)


def warn_leftovers(cohort: Cohort, labels: list[MaskLabel], problems: Problems) -> None:
    """Warn of files that no row names, and of what a killed writer left: neither does harm."""
    named = {label.path for label in labels}
    for path in sorted((cohort.folder / "masks").rglob("*.png")):
        file = path.relative_to(cohort.folder).as_posix()
        if file not in named:
            problems.warning("unused-mask", file, "no label names this file", "remove it if it is not missed")
    for path in sorted(cohort.folder.glob(".staging-*")):
        problems.warning(
            "leftover", path.name, "a writer was killed, or is at work", "nothing to do: the next one cleans"
        )
