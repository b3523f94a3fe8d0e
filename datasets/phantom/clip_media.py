"""A rendered clip's pictures on disk: one H.264 video, or one JPEG a frame."""

from abc import abstractmethod
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

import cv2
import numpy as np

from ..schema import Clip

MEDIA_KINDS: Final = ("video", "frames")
_CRF: Final = "16"  # hardly any loss: the phantom has its camera's own compression already
_KEY_EVERY: Final = 30
_JPEG_QUALITY: Final = 95


class ClipMedia(Protocol):
    """Takes a clip's pictures in order; used as a context manager, whose end finishes the file."""

    @abstractmethod
    def add(self, rgb: np.ndarray) -> None:
        """Append one picture, (H, W, 3) uint8 RGB."""

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_media(kind: str, folder: Path, ordinal: int, clip: Clip) -> ClipMedia:
    """A writer of `<ordinal>.mp4` or `<ordinal>/<frame>.jpg` below `folder`, by `kind` (one of MEDIA_KINDS)."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "video":
        return _Video(folder / media_name(kind, ordinal), clip)
    return _Frames(folder / media_name(kind, ordinal))


def media_name(kind: str, ordinal: int, frame: int | None = None) -> str:
    """File of a clip, or of one frame, below the media root; no patient is named in it."""
    if kind == "video":
        return f"{ordinal:05d}.mp4"
    return f"{ordinal:05d}" if frame is None else f"{ordinal:05d}/{frame:06d}.jpg"


class _Video(ClipMedia):
    """One thread and fixed settings, so that one build of libx264 gives one file."""

    def __init__(self, path: Path, clip: Clip) -> None:
        import av

        self._av: Any = av
        self._container: Any = av.open(str(path), "w", format="mp4")
        # libx264's macroblock tree reads memory it never wrote, so the same pictures gave different files.
        options = {"crf": _CRF, "preset": "veryfast", "threads": "1", "g": str(_KEY_EVERY), "mbtree": "0", "bf": "0"}
        rate = Fraction(clip.fps).limit_denominator(1001)
        self._stream: Any = self._container.add_stream("libx264", rate=rate, options=options)
        self._stream.width, self._stream.height = clip.size.width, clip.size.height
        self._stream.pix_fmt = "yuv420p"

    def add(self, rgb: np.ndarray) -> None:
        self._container.mux(self._stream.encode(self._av.VideoFrame.from_ndarray(rgb, format="rgb24")))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._container.mux(self._stream.encode())
        self._container.close()


class _Frames(ClipMedia):
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder, self._next = folder, 0

    def add(self, rgb: np.ndarray) -> None:
        bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
        (self._folder / f"{self._next:06d}.jpg").write_bytes(data.tobytes())
        self._next += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass
