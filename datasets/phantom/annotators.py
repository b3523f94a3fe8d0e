"""People who label: sparse points, regions and onsets as humans give them, drawn from the exact truth.

Each person is off in a way of their own: a bias that never goes away, a jitter wider along one direction, now and then
a source overlooked or another spot clicked. All lengths are pixels of the clip.
"""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np

from ..schema import Clip, ImageSize, OnsetLabel, PointLabel
from .clip_truth import ClipTruth
from .truth import Cover

REFERENCE_WIDTH: Final = 640  # pixels: a hand's error is a share of the picture on the screen
UNDER_BLOOD: Final = 2.0  # people mark where blood wells up from, twice as roughly as a bare source


@dataclass(frozen=True)
class Annotator:
    """One person. bias (x, y): mean error. spread: standard deviation along `angle` (radians) and across it.

    miss: chance to overlook a source in sight. stray: chance to click another spot, up to `stray_px` away. memory_s:
    how long a source hidden by an instrument or smoke is still labelled, where it was. outline_px: how far a drawn
    region's outline wanders. onset_s: standard deviation of the onset, seconds.
    """

    name: str
    bias: tuple[float, float]
    spread: tuple[float, float]
    angle: float
    miss: float
    stray: float
    stray_px: float
    memory_s: float
    outline_px: float
    onset_s: float

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("an annotator needs a name")
        for field in ("miss", "stray"):
            if not 0 <= getattr(self, field) <= 1:
                raise ValueError(f"Annotator.{field} must be in [0, 1], got {getattr(self, field)}")
        lengths = (*self.spread, self.stray_px, self.memory_s, self.outline_px, self.onset_s)
        if not all(math.isfinite(value) for value in (*self.bias, self.angle, *lengths)) or min(lengths) < 0:
            raise ValueError(f"Annotator {self.name}: lengths and times must be finite and 0 or more")

    @classmethod
    def of(cls, seed: int, name: str, size: ImageSize, *, first: bool = False) -> Self:
        """The person of that name in a cohort. first: their onsets are exact, as clips are cut by them."""
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        pixel = size.width / REFERENCE_WIDTH
        bias = rng.normal(0, 1.2, 2) * pixel
        wide = rng.uniform(1.5, 3.5) * pixel
        return cls(
            name=name,
            bias=(float(bias[0]), float(bias[1])),
            spread=(wide, wide * float(rng.uniform(0.4, 0.8))),
            angle=float(rng.uniform(0, math.pi)),
            miss=float(rng.uniform(0.01, 0.05)),
            stray=float(rng.uniform(0.005, 0.02)),
            stray_px=80 * pixel,
            memory_s=float(rng.uniform(0.0, 0.5)),
            outline_px=float(rng.uniform(1.0, 3.0)) * pixel,
            onset_s=0.0 if first else float(rng.uniform(0.03, 0.2)),
        )

    def points(self, clip: Clip, truth: ClipTruth, frames: Sequence[int], seed: int) -> list[PointLabel]:
        """One label a frame and source that bleeds in the clip; `visible` False where this person sees none.

        The same frame gets the same label whichever other frames are asked for.
        """
        labels = []
        for number in range(truth.xy.shape[1]):
            target = "source" if number == 0 else f"source-{number + 1}"
            for frame in frames:
                rng = self._rng(seed, "point", number, frame)
                xy = self._click(clip, truth, frame, number, rng)
                x, y = (math.nan, math.nan) if xy is None else xy
                labels.append(
                    PointLabel(
                        clip_id=clip.clip_id,
                        frame=frame,
                        target=target,
                        x=x,
                        y=y,
                        visible=xy is not None,
                        annotator=self.name,
                    )
                )
        return labels

    def region(self, mask: np.ndarray, frame: int, seed: int) -> np.ndarray:
        """The region (H, W) bool as this person draws it: its outline wanders in and out by a smooth random field."""
        if not mask.any():
            return mask
        rng = self._rng(seed, "region", frame)
        height, width = mask.shape
        inside, outside = (cv2.distanceTransform(m.astype(np.uint8), cv2.DIST_L2, 5) for m in (mask, ~mask))
        lattice = (max(4, height // 24), max(4, width // 24))
        wander = cv2.resize(
            rng.standard_normal(lattice).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
        )
        return inside - outside > self.outline_px * wander

    def onset(self, clip: Clip, truth: ClipTruth, seed: int) -> OnsetLabel:
        """When this person says it starts to bleed; -1 for never."""
        frame = truth.onset_frame
        if frame >= 0:
            late = self._rng(seed, "onset").normal(0, self.onset_s) * clip.fps if self.onset_s else 0.0
            frame = min(max(0, round(frame + late)), clip.n_frames - 1)
        return OnsetLabel(clip_id=clip.clip_id, frame=frame, annotator=self.name)

    def _click(
        self, clip: Clip, truth: ClipTruth, frame: int, number: int, rng: np.random.Generator
    ) -> tuple[float, float] | None:
        """Where this person clicks, None where they see no source or click outside the picture."""
        error, overlooks, strays = (
            rng.normal(0, 1, 2) * self.spread,
            rng.random() < self.miss,
            rng.random() < self.stray,
        )
        away, heading = rng.uniform(0.3, 1.0) * self.stray_px, rng.uniform(0, 2 * math.pi)
        seen_at = self._last_seen(clip, truth, frame, number)
        if seen_at is None or (overlooks and frame != truth.onset_frame):  # nobody overlooks what they stopped at
            return None
        if truth.cause[seen_at, number] == Cover.BLOOD:
            error = error * UNDER_BLOOD
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        x, y = (float(v) for v in truth.xy[seen_at, number])
        x += self.bias[0] + float(error[0] * cos - error[1] * sin)
        y += self.bias[1] + float(error[0] * sin + error[1] * cos)
        if strays:
            x, y = x + away * math.cos(heading), y + away * math.sin(heading)
        return (x, y) if clip.size.holds(x, y) else None

    def _last_seen(self, clip: Clip, truth: ClipTruth, frame: int, number: int) -> int | None:
        """The frame in which this person last saw the source bleed, None where that is too long ago."""
        shown, first = truth.shown, max(0, frame - int(self.memory_s * clip.fps))
        for earlier in range(frame, first - 1, -1):
            if shown[earlier, number]:
                return earlier
        return None

    def _rng(self, seed: int, purpose: str, *numbers: int) -> np.random.Generator:
        return np.random.default_rng([seed, zlib.crc32(f"{self.name} {purpose}".encode()), *numbers])
