"""Video files: every frame by its rank in sequential decode, and an index that says what the container claims.

Seeking returns wrong frames on variable-frame-rate and stream-copied files, and containers miscount, so nothing here
seeks and no count is believed. Pixels are as stored: a rotation flag is reported, never applied.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from .checks import check_array
from .errors import BleedkitError
from .problems import Problems
from .schema import Frame, ImageSize

VIDEO_SUFFIXES: Final = (".mp4", ".mkv", ".avi", ".mov", ".m4v", ".webm", ".mpg", ".ts")
_AGAIN: Final = "copy or download the file again"
_SAME_TIME_S: Final = 1e-6


@dataclass(frozen=True, eq=False)
class VideoIndex:
    """What sequential decode found. timestamps_s: (T,) float64, seconds from the first frame; decoded: (T,) bool.

    fps: the stated average rate where the timestamps bear it out, else the measured one. Where decoding met an error, T
    also counts the frames whose packet is there but does not decode, with decoded False, so that the frames after them
    keep their number. stated_frames: the container's own count, or its duration times fps, 0 where it gives neither.
    trimmed_frames: packets an edit list hides. damaged: frames the decoder had to conceal. gaps: frames before which
    about so many are missing, in a video of otherwise constant rate. steady: constant rate but for gaps. rotation:
    degrees a player would turn the picture. fault: what stopped or disturbed the decode, "" for nothing.
    """

    size: ImageSize
    fps: float
    timestamps_s: np.ndarray
    decoded: np.ndarray
    stated_frames: int = 0
    trimmed_frames: int = 0
    damaged: tuple[int, ...] = ()
    gaps: tuple[tuple[int, int], ...] = ()
    steady: bool = True
    rotation: int = 0
    fault: str = ""

    def __post_init__(self) -> None:
        check_array("timestamps_s", self.timestamps_s, shape=("T",), dtype=np.float64)
        check_array("decoded", self.decoded, shape=(len(self.timestamps_s),), dtype=np.bool_)

    @property
    def n_frames(self) -> int:
        """Frames the video is meant to show."""
        return len(self.timestamps_s)

    def frames(self, clip_id: str) -> list[Frame]:
        """The index as rows of a clip; a frame that does not decode has no image."""
        pairs = zip(self.timestamps_s.tolist(), self.decoded.tolist(), strict=True)
        return [Frame(clip_id, number, "", time, "", has_image) for number, (time, has_image) in enumerate(pairs)]


def index_video(path: Path) -> VideoIndex:
    """Decode the whole video once, without keeping a picture.

    Raises BleedkitError where the file cannot be opened, holds no video or not one frame that decodes.
    """
    decoder = _Decoder(path)
    pictures = [(picture.pts, picture.is_corrupt, picture.rotation) for picture in decoder]
    if not pictures:
        raise BleedkitError(f"{path}: no frame decodes ({decoder.fault or 'the video is empty'})", _AGAIN)
    times = [pts for pts, _, _ in pictures]
    shown = _shown(times, decoder)
    rank = {pts: number for number, pts in enumerate(shown)}
    numbers = [rank[pts] for pts in times] if len(shown) > len(times) else list(range(len(times)))
    stamps = _seconds(shown, decoder)
    decoded = np.zeros(len(shown), np.bool_)
    decoded[numbers] = True
    fps, steady, gaps = _rate(stamps, decoder)
    stated = decoder.stated_frames or round(decoder.stated_s * fps)
    if not decoder.stated_frames and abs(stated - len(shown)) <= max(1, 0.02 * len(shown)):
        stated = len(shown)  # a duration is good for no more than that
    return VideoIndex(
        size=decoder.size,
        fps=fps,
        timestamps_s=stamps,
        decoded=decoded,
        stated_frames=stated,
        trimmed_frames=decoder.trimmed,
        damaged=tuple(number for number, (_, corrupt, _) in zip(numbers, pictures, strict=True) if corrupt),
        gaps=gaps,
        steady=steady,
        rotation=pictures[0][2],
        fault=decoder.fault,
    )


def read_video(path: Path, frames: Sequence[Frame], wanted: Collection[int]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (frame, RGB (H, W, 3) uint8) of the `wanted` frames that have an image, in order, by sequential decode.

    frames: the whole index, as `VideoIndex.frames` gives it: the k-th decoded picture is the k-th frame with an image.
    Raises BleedkitError where a picture's timestamp is not the indexed one, or pictures run out.
    """
    last = max(wanted, default=-1)
    decoder = _Decoder(path)
    pictures = iter(decoder)
    start: float | None = None
    for frame in frames:
        if frame.frame > last:
            return
        if not frame.has_image:
            continue
        picture = next(pictures, None)
        if picture is None:
            raise BleedkitError(f"{path} frame {frame.frame}: the video ends before it", _AGAIN)
        if picture.pts is not None:
            start = float(picture.pts * decoder.time_base) - frame.timestamp_s if start is None else start
            late = float(picture.pts * decoder.time_base) - start - frame.timestamp_s
            if abs(late) > _SAME_TIME_S:
                raise BleedkitError(
                    f"{path} frame {frame.frame}: decodes {late:+.3f} s from where it was indexed",
                    "the file changed or is damaged; restore it or build the cohort again",
                )
        if frame.frame in wanted:
            yield frame.frame, np.ascontiguousarray(picture.to_ndarray(format="rgb24"))


def report_video(index: VideoIndex, file: str, problems: Problems) -> None:
    """Add what is odd about a video to `problems`: lost and damaged frames, a lying count, an unsteady rate."""
    lost = np.flatnonzero(~index.decoded)
    if index.fault:
        what = f"{index.decoded.sum()} of {max(index.n_frames, index.stated_frames)} frames decode"
        first = int(lost[0]) if lost.size else None
        what += f" ({index.fault}); pictures before the next key frame may be wrong"
        problems.error("video-damaged", file, what, _AGAIN, first)
    elif index.stated_frames and index.stated_frames != index.n_frames:
        hidden = f", {index.trimmed_frames} are trimmed away" if index.trimmed_frames else ""
        what = f"the container states {index.stated_frames} frames, {index.n_frames} decode{hidden}"
        problems.warning("video-count", file, what, "check that the labels count the decoded frames")
    for number in index.damaged:
        problems.warning("video-concealed", file, "the decoder had to conceal damage", _AGAIN, number)
    tell = problems.error if index.damaged else problems.warning
    for number, missing in index.gaps:
        what = f"about {missing} frames are missing before this one"
        tell("video-gap", file, what, "labels from here on may count them: restore the file or check", number)
    if not index.steady:
        back = bool((np.diff(index.timestamps_s) <= 0).any())  # H.264 in AVI, whose container knows no such times
        what = "timestamps jump back" if back else f"the frame rate varies (about {index.fps:.2f} fps)"
        problems.warning("video-rate", file, what, "check that the labels count frames, not seconds")
    if index.rotation:
        what = f"players turn the picture by {index.rotation} degrees, bleedkit does not"
        problems.warning("video-rotation", file, what, "check that the labels are in stored pixels")


class _Decoder:
    """One pass over a video's pictures; what was seen on the way is complete once iteration ends.

    packets: presentation times of the packets to be shown, None for one without. fault: the first decode error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.packets: list[int | None] = []
        self.trimmed = 0
        self.fault = ""
        self.size = ImageSize(1, 1)
        self.stated_frames = 0
        self.stated_s = 0.0
        self.stated_rate = 0.0
        self.time_base: Any = None

    def __iter__(self) -> Iterator[Any]:
        import av

        try:
            with av.open(str(self.path), metadata_errors="replace") as container:
                if not container.streams.video:
                    raise BleedkitError(f"{self.path}: holds no video stream", "check the file")
                stream = container.streams.video[0]
                stream.thread_type = "AUTO"
                self._note(container, stream)
                for packet in self._demux(container, stream):
                    yield from self._decode(packet)
                    if self.fault.startswith("changes size"):
                        return
        except (av.error.FFmpegError, OSError) as error:
            reason = error.strerror or str(error)
            raise BleedkitError(f"{self.path}: cannot be read as video ({reason})", _AGAIN) from error

    def _note(self, container: Any, stream: Any) -> None:
        self.time_base = stream.time_base
        self.stated_rate = float(stream.average_rate or stream.guessed_rate or 0)
        tagged = stream.metadata.get("NUMBER_OF_FRAMES", "")
        self.stated_frames = stream.frames or (int(tagged) if tagged.isdigit() else 0)
        if len(container.streams) == 1:  # sound may outlast the picture
            self.stated_s = (container.duration or 0) / 1e6

    def _demux(self, container: Any, stream: Any) -> Iterator[Any]:
        import av

        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError as error:
                self._fail(error.strerror)
                return
            if packet.size and packet.is_discard:
                self.trimmed += 1
            elif packet.size:
                self.packets.append(packet.pts)
            if packet.is_corrupt:
                self._fail("a packet is cut short")
            yield packet

    def _decode(self, packet: Any) -> Iterator[Any]:
        import av

        try:
            pictures = packet.decode()
        except av.error.FFmpegError as error:
            self._fail(error.strerror)
            return
        for picture in pictures:
            size = ImageSize(picture.width, picture.height)
            if self.size == ImageSize(1, 1):
                self.size = size
            if size != self.size:
                self.fault = f"changes size from {self.size} to {size}, nothing after that is read"
                return
            yield picture

    def _fail(self, fault: str | None) -> None:
        self.fault = self.fault or fault or "the decoder gave up"


def _shown(decoded: list[Any], decoder: _Decoder) -> list[Any]:
    """Presentation times of all frames: what was decoded, and after a decode error what the packets say was lost.

    Without an error a packet that shows nothing was never meant to (VP8's hidden frames, the B-frames a cut through an
    open GOP leaves at the start), and neither were those before the first picture.
    """
    times = set(decoder.packets)
    trusted = None not in times and len(times) == len(decoder.packets) and times.issuperset(decoded)
    if not decoder.fault or not trusted or sorted(set(decoded)) != decoded:
        return decoded
    return sorted(pts for pts in times if pts >= decoded[0])


def _seconds(shown: list[Any], decoder: _Decoder) -> np.ndarray:
    """Seconds from the first frame; by rank and stated rate where the file gives no times."""
    if None in shown:
        return np.arange(len(shown)) / _stated_rate(decoder)
    return np.array([float((pts - shown[0]) * decoder.time_base) for pts in shown])


def _rate(stamps: np.ndarray, decoder: _Decoder) -> tuple[float, bool, tuple[tuple[int, int], ...]]:
    """Frames per second, whether the rate is constant but for gaps, and those gaps as (frame after it, frames missing).

    The stated rate is kept where it lies within 1 % of the measured one: Matroska rounds times to milliseconds.
    """
    steps = np.diff(stamps)
    if not steps.size or steps.mean() <= 0:
        return _stated_rate(decoder), True, ()
    usual = float(np.median(steps))
    regular = np.abs(steps - usual) <= 0.1 * usual + 0.001
    steady = bool(regular.mean() >= 0.9)
    step = float(steps[regular].mean() if steady else steps.mean())
    gaps = [(int(k) + 1, round(steps[k] / step) - 1) for k in np.flatnonzero(~regular & (steps > 1.5 * step))]
    near = abs(decoder.stated_rate * step - 1) <= 0.01
    return (decoder.stated_rate if near else 1 / step), steady, tuple(gaps) if steady else ()


def _stated_rate(decoder: _Decoder) -> float:
    if not decoder.stated_rate:
        raise BleedkitError(f"{decoder.path}: has neither timestamps nor a frame rate", "convert it with ffmpeg")
    return decoder.stated_rate
