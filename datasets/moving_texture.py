"""Moving texture: small made-up clips of tissue-like surface with exact point truth, in the VL-SurgPT layout.

A pink surface with vessels is moved by a smooth known field (drift, breathing, a pull, tremor); an instrument crosses
the points and blood wells up beside the first one. Enough to try the whole chain offline, not to train on.
Layout: `tissue/seqNNN/{clip.mp4, labels.json, texts.json, truth.npz}` and `patients.csv`. Deterministic by seed.
"""

import io
import json
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from .cohort import Cohort
from .errors import BleedkitError
from .schema import Clip, ImageSize
from .transaction import write_atomic

SIZE: Final = ImageSize(480, 360)
FPS: Final = 30
LABEL_EVERY: Final = 30
LABEL_NOISE_PX: Final = 0.5  # people's hands, before rounding to whole pixels as VL-SurgPT's labels are
TRUTH: Final = "truth.npz"
_MARGIN: Final = 80  # canvas beyond the picture, so that moved tissue never shows its edge


@dataclass(frozen=True, eq=False)
class Truth:
    """Where the points really are: xy (T, P, 2) float32, pixels of the clip; visible (T, P) bool (not covered)."""

    xy: np.ndarray
    visible: np.ndarray


@dataclass(frozen=True, eq=False)
class _Motion:
    """The field that takes a picture position to the canvas: x -> x + D_t(x), smooth, with a contraction as inverse.

    drift, tremor (T, 2); breathing, pull (T,) in [-1, 1]; bumps (2, 2): centres of the breathing and the pulled tissue.
    """

    drift: np.ndarray
    tremor: np.ndarray
    breathing: np.ndarray
    pull: np.ndarray
    bumps: np.ndarray
    pull_px: np.ndarray

    def shift(self, t: int, xy: np.ndarray) -> np.ndarray:
        """D_t at xy (..., 2), pixels."""
        to_breath, to_pull = (xy - centre.astype(xy.dtype) for centre in self.bumps)
        breath = 0.06 * self.breathing[t] * to_breath * _bump(to_breath, 120.0)
        pulled = self.pull[t] * self.pull_px * _bump(to_pull, 60.0)
        return self.drift[t] + self.tremor[t] + breath + pulled

    def image_of(self, t: int, tissue: np.ndarray) -> np.ndarray:
        """Picture positions of canvas points (..., 2): the fixed point of x = X - D_t(x)."""
        xy = np.array(tissue, float)
        for _ in range(45):  # |dD/dx| < 0.6, so 45 steps reach 1e-8 px
            xy = tissue - self.shift(t, xy)
        return xy


def write_moving_texture(root: Path, *, clips: int = 6, frames: int = 91, seed: int = 0) -> Path:
    """Write `clips` clips of two points each, one patient a clip, below `root`; returns `root`."""
    rows = ["name,patient_id"]
    for index in range(clips):
        name = f"seq{index:03d}"
        _write_clip(root / "tissue" / name, frames, np.random.default_rng([seed, index]))
        rows.append(f"{name},texture-{index + 1:02d}")
    write_atomic(root / "patients.csv", ("\n".join(rows) + "\n").encode())
    return root


def truth_of(cohort: Cohort, clip: Clip) -> Truth | None:
    """The exact truth that lies beside a moving-texture clip's video; None where there is none.

    Raises BleedkitError where the file is not one of ours.
    """
    path = cohort.media_path(clip.media).parent / TRUTH if clip.media else None
    if path is None or not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as values:
            truth = Truth(values["xy"], values["visible"])
    except (OSError, ValueError, KeyError) as error:
        raise BleedkitError(f"{path} is not a truth file ({error})", "write the clips again") from error
    if truth.xy.shape[:1] != (clip.n_frames,) or truth.visible.shape != truth.xy.shape[:2]:
        raise BleedkitError(f"{path} is of {len(truth.xy)} frames, the clip of {clip.n_frames}", "make the clips again")
    return truth


def render(frames: int, rng: np.random.Generator) -> tuple[list[np.ndarray], Truth]:
    """One clip: RGB frames (H, W, 3) uint8, as they are before encoding, and the truth of its two points."""
    canvas = _surface(rng)
    motion = _motion(frames, rng)
    centre = np.array([SIZE.width, SIZE.height]) / 2
    tissue = centre + np.array([[-50.0, 8.0], [62.0, -12.0]]) + rng.uniform(-28, 28, (2, 2))
    xy = np.stack([motion.image_of(t, tissue) for t in range(frames)])
    bar, blood = _Bar.crossing(frames, rng), _Blood.beside(tissue[0], frames, rng)
    images, covered = [], []
    for t in range(frames):
        image = _warp(canvas, motion, t)
        blood.draw(image, t, motion)
        hidden = np.maximum(blood.draw(image, t, motion), bar.draw(image, t))
        images.append(_camera(image, rng))
        columns, rows = np.clip(xy[t].astype(int).T, 0, np.array([[SIZE.width - 1], [SIZE.height - 1]]))
        covered.append(hidden[rows, columns] > 0.5)
    return images, Truth(xy.astype(np.float32), ~np.stack(covered))


def _write_clip(folder: Path, frames: int, rng: np.random.Generator) -> None:
    images, truth = render(frames, rng)
    noisy = np.floor(truth.xy + rng.normal(0, LABEL_NOISE_PX, truth.xy.shape) + 0.5)
    labelled = sorted({*range(0, frames, LABEL_EVERY), frames - 1})
    points = {
        str(t): [p.tolist() if seen else None for p, seen in zip(noisy[t], truth.visible[t], strict=True)]
        for t in labelled
    }
    words = {
        str(t): [
            {"location": "Tissue", "status": ["Clear View" if seen else "Tissue Obscuration"]}
            for seen in truth.visible[t]
        ]
        for t in labelled
    }
    array = io.BytesIO()
    np.savez(array, xy=truth.xy, visible=truth.visible)
    write_atomic(folder / TRUTH, array.getvalue())
    write_atomic(folder / "clip.mp4", _encoded(images))
    write_atomic(folder / "texts.json", json.dumps(words).encode())
    write_atomic(folder / "labels.json", json.dumps(points).encode())


def _encoded(images: list[np.ndarray]) -> bytes:
    """The frames as H.264 in MP4; one thread and fixed settings, so that one build of libx264 gives one file."""
    import av

    data = io.BytesIO()
    with av.open(data, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx264",
            rate=Fraction(FPS),
            # libx264's macroblock tree reads memory it never wrote: the same pictures gave different files.
            options={"crf": "18", "preset": "fast", "threads": "1", "mbtree": "0"},
        )
        stream.width, stream.height, stream.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return data.getvalue()


def _motion(frames: int, rng: np.random.Generator) -> _Motion:
    t = np.arange(frames) / FPS
    phase, heading, pull_heading = rng.uniform(0, 2 * np.pi, 3)
    sway = 14 * np.sin(2 * np.pi * t / 4.3 + phase)[:, None] * [np.cos(heading), np.sin(heading)]
    sway += 8 * np.sin(2 * np.pi * t / 2.9 + heading)[:, None] * [-np.sin(heading), np.cos(heading)]
    start = rng.uniform(0.2, 0.5) * frames / FPS
    pull = np.clip((t - start) / 0.8, 0, 1) * np.clip((start + 2.2 - t) / 0.8, 0, 1)
    centre = np.array([SIZE.width, SIZE.height]) / 2
    return _Motion(
        drift=sway,
        tremor=rng.normal(0, 0.25, (frames, 2)),
        breathing=np.sin(2 * np.pi * t / 3.4 + phase),
        pull=pull * pull * (3 - 2 * pull),
        bumps=centre + rng.uniform(-70, 70, (2, 2)),
        pull_px=22 * np.array([np.cos(pull_heading), np.sin(pull_heading)]),
    )


def _surface(rng: np.random.Generator) -> np.ndarray:
    """A tissue-like canvas, (H + 2m, W + 2m, 3) float32 in 0..255."""
    import cv2

    shape = (SIZE.height + 2 * _MARGIN, SIZE.width + 2 * _MARGIN)
    relief = np.zeros(shape, np.float32)
    for sigma, weight in ((2.2, 0.55), (5, 0.8), (14, 1.0), (40, 1.3)):
        noise = np.asarray(cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), sigma))
        relief += (weight / float(noise.std())) * noise
    vessels = np.zeros(shape, np.float32)
    for _ in range(14):
        start, heading = rng.uniform(0, shape[::-1]), rng.uniform(0, 2 * np.pi)
        turns = heading + np.cumsum(rng.normal(0, 0.22, 60))
        line = start + np.cumsum(9 * np.stack([np.cos(turns), np.sin(turns)], -1), axis=0)
        cv2.polylines(vessels, [line.astype(np.int32)], False, 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
    vessel = np.asarray(cv2.GaussianBlur(vessels, (0, 0), 0.8))[..., None]
    tissue = np.array([196.0, 118.0, 104.0]) + relief[..., None] * np.array([11.0, 12.0, 10.0])
    return (tissue * (1 - 0.55 * vessel) + np.array([120.0, 24.0, 30.0]) * 0.55 * vessel).astype(np.float32)


def _warp(canvas: np.ndarray, motion: _Motion, t: int) -> np.ndarray:
    """The canvas as the camera sees it at frame t: (H, W, 3) float32."""
    import cv2

    places = _centres() + motion.shift(t, _centres()).astype(np.float32)
    # remap counts pixel centres as whole numbers; our centres are at + 0.5.
    at = (places + _MARGIN - 0.5).astype(np.float32)
    return cv2.remap(canvas, at[..., 0], at[..., 1], cv2.INTER_LINEAR)


@dataclass(frozen=True)
class _Bar:
    """An instrument shaft that comes in from a corner, stays a moment across the points, and leaves."""

    angle: float
    half_width: float
    offsets: tuple[float, ...]

    @classmethod
    def crossing(cls, frames: int, rng: np.random.Generator) -> "_Bar":
        """Fast in and out, slow over the points: about half a second on each."""
        start = rng.uniform(0.08, 0.3) * frames
        when = start + np.array([0.0, 9.0, 49.0, 58.0])
        travel = np.interp(np.arange(frames), when, [-330.0, -95.0, 95.0, 330.0])
        return cls(float(rng.uniform(0.9, 1.5)), float(rng.uniform(13, 19)), tuple(travel.tolist()))

    def draw(self, image: np.ndarray, t: int) -> np.ndarray:
        """Draw the shaft; returns its coverage (H, W) in [0, 1]."""
        from_centre = _centres() - np.array([SIZE.width, SIZE.height], np.float32) / 2
        across = from_centre @ np.array([np.sin(self.angle), -np.cos(self.angle)], np.float32) - self.offsets[t]
        along = from_centre @ np.array([np.cos(self.angle), np.sin(self.angle)], np.float32)
        cover = np.clip(self.half_width - np.abs(across), 0, 1) * np.clip(along + 160, 0, 1)
        at = cover > 0
        place, along = across[at] / self.half_width, along[at]
        shade = 40 + 120 * np.sqrt(np.clip(1 - place**2, 0, 1)) + 70 * np.exp(-((place + 0.3) ** 2) / 0.02)
        metal = (shade + 12 * np.sin(along / 5))[:, None] * np.array([0.95, 1.0, 1.05], np.float32)
        image[at] += cover[at][:, None] * (metal - image[at])
        return cover


@dataclass(frozen=True, eq=False)
class _Blood:
    """A glossy dark pool that grows on the tissue beside a point from frame `onset` on."""

    at: np.ndarray
    onset: int
    growth: float

    @classmethod
    def beside(cls, point: np.ndarray, frames: int, rng: np.random.Generator) -> "_Blood":
        angle = rng.uniform(0, 2 * np.pi)
        away = 26 * np.array([np.cos(angle), np.sin(angle)])
        return cls(point + away, int(frames * rng.uniform(0.4, 0.6)), float(rng.uniform(0.5, 0.8)))

    def draw(self, image: np.ndarray, t: int, motion: _Motion) -> np.ndarray:
        """Blend the pool in, riding on the tissue; returns its coverage (H, W) in [0, 1]."""
        radius = self.growth * max(0, t - self.onset)
        offset = _centres() - motion.image_of(t, self.at).astype(np.float32)
        distance = np.hypot(offset[..., 0], offset[..., 1])
        at = distance < 1.3 * radius
        angle = np.arctan2(offset[at][:, 1], offset[at][:, 0])
        wobble = 1 + 0.18 * np.sin(3 * angle + 0.05 * t)
        cover = np.zeros(image.shape[:2], np.float32)
        cover[at] = 0.9 * np.clip((radius * wobble - distance[at]) / 4, 0, 1)
        gloss = 120 * np.exp(-np.sum((offset[at] + 0.3 * radius) ** 2, -1) / (2 + 0.05 * radius**2)) * (cover[at] > 0)
        image[at] += cover[at][:, None] * (np.array([118.0, 10.0, 14.0]) - image[at]) + gloss[:, None]
        return cover


def _camera(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Vignetting and sensor noise; (H, W, 3) uint8."""
    noise = 2 * rng.standard_normal(image.shape, dtype=np.float32)
    return np.clip(image * _light() + noise, 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _light() -> np.ndarray:
    from_centre = (_centres() / [SIZE.width, SIZE.height] - 0.5) * 2
    return (1.06 - 0.38 * np.sum(from_centre**2, -1, keepdims=True)).astype(np.float32)


@lru_cache(maxsize=1)
def _centres() -> np.ndarray:
    """Pixel centres, (H, W, 2) float32."""
    axes = (np.arange(side, dtype=np.float32) + np.float32(0.5) for side in (SIZE.width, SIZE.height))
    return np.stack(np.meshgrid(*axes), -1)


def _bump(offset: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian of the distance, (..., 1)."""
    return np.exp(-np.sum(offset**2, -1, keepdims=True) / (2 * sigma**2))
