"""One look at every image of a clip: digest, whole decode, size, perceptual hash; copied on the way where asked.

Each file is read once. Threads share the work (OpenCV and SHA-256 let go of the interpreter), the order of findings and
rows stays that of the frames.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa

from .digest import file_digest
from .errors import BleedkitError
from .images import decode_image
from .media import clip_images
from .media_copy import MediaCopy
from .perceptual_hash import frame_hashes
from .problems import Problems
from .safe_path import inside
from .schema import Clip, Frame, ImageSize
from .tables import SCHEMAS

_AHEAD: Final = 16
Item = TypeVar("Item")
Done = TypeVar("Done")
Hashes = list[tuple[str, int]]


@dataclass(frozen=True, eq=False)
class ScannedClip:
    """A clip whose images were looked at: frames with digests, those that failed without image; hashes by frame."""

    clip: Clip
    frames: list[Frame]
    hashes: dict[int, Hashes] = field(default_factory=dict)

    def hash_table(self) -> pa.Table:
        """Rows of the cohort's `hashes` table."""
        rows = [(frame, view, phash) for frame, words in self.hashes.items() for view, phash in words]
        columns = [[self.clip.clip_id] * len(rows), *([row[i] for row in rows] for i in range(3))]
        return pa.table(columns, schema=SCHEMAS["hashes"])


@dataclass(frozen=True)
class ImageScan:
    """How the clips of one build are looked at. root: below which media lie; problems: where findings go."""

    root: Path
    problems: Problems
    pool: Executor

    def clip(self, clip: Clip, frames: list[Frame], copy: MediaCopy) -> ScannedClip | None:
        """Look at every image of a clip and copy what `copy` says; None, and an error, where its video is of no use."""
        return self._video(clip, frames, copy) if clip.media else self._files(clip, frames, copy)

    def _files(self, clip: Clip, frames: list[Frame], copy: MediaCopy) -> ScannedClip:
        def look(frame: Frame) -> _Look:
            return _look(self.root, frame, clip.size, copy) if frame.has_image else _Look(frame)

        scanned = ScannedClip(clip, [])
        for frame, seen in zip(frames, _in_order(self.pool, look, frames), strict=True):
            if seen.code:
                self.problems.error(seen.code, frame.path, seen.what, seen.remedy, frame.frame)
            if seen.code == "frame-size":
                continue  # labels on it are in pixels of another image, so the frame goes as a whole
            scanned.frames.append(seen.frame)
            if seen.hashes:
                scanned.hashes[frame.frame] = seen.hashes
        return scanned

    def _video(self, clip: Clip, frames: list[Frame], copy: MediaCopy) -> ScannedClip | None:
        def look(picture: tuple[int, np.ndarray]) -> _Look:
            number, rgb = picture
            return _Look(copy.picture(by_number[number], rgb), frame_hashes(rgb))

        by_number = {frame.frame: frame for frame in frames}
        hashes = {}
        try:
            path = inside(self.root, clip.media)
            clip = replace(clip, media_digest=_digest(path))
            for seen in _in_order(self.pool, look, clip_images(self.root, clip, frames)):
                by_number[seen.frame.frame] = seen.frame
                hashes[seen.frame.frame] = seen.hashes
            clip = copy.video(clip, path)
        except BleedkitError as error:
            what = error.what.removeprefix(str(self.root / clip.media)).lstrip(": ")
            self.problems.error("video", clip.media, f"{what}; clip left out", error.remedy)
            copy.discard()
            return None
        return ScannedClip(clip, list(by_number.values()), hashes)


def _digest(video: Path) -> str:
    try:
        return file_digest(video)
    except OSError as error:
        raise BleedkitError(f"cannot be read ({error.strerror})", "check the file and its permissions") from error


@dataclass(frozen=True)
class _Look:
    """What was seen of one frame; `code`, `what` and `remedy` of what is wrong with it, "" for nothing."""

    frame: Frame
    hashes: Hashes = field(default_factory=list)
    code: str = ""
    what: str = ""
    remedy: str = ""


def _look(root: Path, frame: Frame, size: ImageSize, copy: MediaCopy) -> _Look:
    without = replace(frame, path="", digest="", has_image=False)
    try:
        data = inside(root, frame.path).read_bytes()
    except BleedkitError as error:
        return _Look(without, [], "unsafe-path", f"{error.what}; image left out", error.remedy)
    except OSError as error:
        what = f"cannot be read ({error.strerror}); image left out"
        return _Look(without, [], "unreadable", what, "check the file and its permissions")
    try:
        rgb = decode_image(data, frame.path)
    except BleedkitError as error:
        what = f"{error.what.removeprefix(f'{frame.path}: ')}; image left out"
        return _Look(without, [], "corrupt-image", what, error.remedy)
    got = ImageSize(rgb.shape[1], rgb.shape[0])
    if got != size:
        what = f"image must be {size} like its clip, got {got}; frame left out"
        return _Look(without, [], "frame-size", what, "crop or resize it with its labels, or give it a clip of its own")
    digest = hashlib.sha256(data).hexdigest()
    return _Look(copy.image(replace(frame, digest=digest), data), frame_hashes(rgb))


def _in_order(pool: Executor, work: Callable[[Item], Done], items: Iterable[Item]) -> Iterator[Done]:
    """Results of `work` in the order of `items`, a bounded number of them in flight; none still runs afterwards."""
    waiting: deque[Future[Done]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        wait(waiting)
