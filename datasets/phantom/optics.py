"""From light to a stored picture: the view's shape, vignetting, bloom, tone, colour modes, noise, compression."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from .config import PhantomClip, ViewShape
from .pixel_sampling import smooth_step
from .sites import SceneKind

_SPARE = 48  # pixels of noise beyond the image, so that each frame can take another cut-out
# Output red, green, blue from the scene's. Narrow-band: 540 nm shown as red, 415 nm as green and blue. Red dichromatic:
# 630, 600 and 540 nm shown as red, green and blue; amber lies between the camera's red and green.
_NARROW_BAND = ((0.05, 1.15, 0.0), (0.0, 0.15, 0.75), (0.0, 0.10, 0.80))
_RED_DICHROMATIC = ((1.0, 0.05, 0.0), (0.34, 0.50, 0.0), (0.05, 0.65, 0.10))


class Optics:
    """What is fixed for a clip. valid (H, W) bool: pixels that show the scene."""

    def __init__(self, clip: PhantomClip, device: str) -> None:
        self._clip, rng = clip, clip.rng("optics")
        inside, hood, vignette = _view(clip)
        self.valid = (inside > 0.5) & (hood < 0.35)
        self._hood = torch.from_numpy(hood * 0.8).to(device) if hood.any() else None
        hue = np.array([0.20, 0.175, 0.155]) * rng.uniform(0.6, 1.1)
        self._hood_light = torch.from_numpy(hue.astype(np.float32)).to(device)[:, None, None]
        self._gain = torch.from_numpy((inside * vignette).astype(np.float32)).to(device)
        self._brightness = float(np.exp(rng.normal(0, 0.12)))
        self._exposure: float | None = None
        noise = torch.randn(
            (3, clip.size.height + _SPARE, clip.size.width + _SPARE),
            generator=torch.Generator().manual_seed(int(rng.integers(2**62))),
        )
        self._noise = (0.7 * noise + 0.7 * noise[:1]).to(device) * (clip.optics.noise / 255)
        self._offsets = rng.integers(0, _SPARE, (clip.n_frames, 2))
        self._mode = _colour_mode(clip, device)

    def develop(self, light: torch.Tensor, t: int) -> np.ndarray:
        """Linear light (3, H, W) -> the stored frame t (H, W, 3) uint8 RGB. The first frame sets the exposure."""
        if self._exposure is None:
            self._exposure = self._metered(light)
        light = light * (self._gain * self._exposure)
        if self._hood is not None:
            light = torch.lerp(light, self._hood_light * self._gain, self._hood)
        light += _bloom(light)
        if self._mode is not None:
            light = torch.einsum("oc,chw->ohw", self._mode, light)
        tone = _rolled_off(light.clamp_(min=0).sqrt_())
        y, x = (int(v) for v in self._offsets[t])
        tone += self._noise[:, y : y + tone.shape[1], x : x + tone.shape[2]] * (tone + 0.5)
        tone = tone.mul_(255).add_(0.5).clamp_(0, 255).to(torch.uint8)
        picture = tone.permute(1, 2, 0).contiguous().cpu().numpy()
        return self._compressed(picture)

    def _metered(self, light: torch.Tensor) -> float:
        """The exposure that brings the middle of the field to the clip's brightness."""
        grey = (light * self._gain).mean(dim=0)
        mean = float(grey.clamp(max=1.0).mean() / self._gain.mean())
        return float(np.clip(0.23 * self._brightness / max(mean, 1e-3), 0.5, 2.2))

    def _compressed(self, picture: np.ndarray) -> np.ndarray:
        quality = self._clip.optics.jpeg_quality
        if quality is None:
            return picture
        _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
        return np.ascontiguousarray(decoded[..., ::-1])


def _rolled_off(tone: torch.Tensor) -> torch.Tensor:
    """Tone with its highlights compressed into 0.75..1, in place."""
    over = (tone - 0.75).clamp_(min=0)
    return tone.clamp_(max=0.75).add_(over.div_(over * 3.2 + 1.0).mul_(0.8))


def interlace(early: torch.Tensor, late: torch.Tensor) -> torch.Tensor:
    """Even lines of one moment, odd lines of the next (3, H, W)."""
    woven = early.clone()
    woven[:, 1::2] = late[:, 1::2]
    return woven


def _bloom(light: torch.Tensor) -> torch.Tensor:
    """Glow about what is brighter than white."""
    over = F.avg_pool2d((light - 0.9).clamp(0, 2.0)[None], 4, ceil_mode=True)
    for _ in range(2):
        over = F.avg_pool2d(over, 5, 1, 2, count_include_pad=False)
    return 0.35 * F.interpolate(over, light.shape[1:], mode="bilinear", align_corners=False)[0]


def _view(clip: PhantomClip) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of each pixel inside the view, opacity of the hood on the endoscope's tip, and vignetting, each (H, W)."""
    width, height = clip.size.width, clip.size.height
    x = (np.arange(width, dtype=np.float32) + 0.5) - width / 2
    y = ((np.arange(height, dtype=np.float32) + 0.5) - height / 2)[:, None]
    flexible = clip.place.kind is SceneKind.ENDOSCOPIC
    shape = clip.optics.view or (ViewShape.OCTAGON if flexible else ViewShape.FULL)
    inside: np.ndarray = np.ones((height, width), np.float32)
    hood: np.ndarray = np.zeros((height, width), np.float32)
    if shape is ViewShape.ROUND:
        inside = (max(0.44 * width, 0.5 * height) - np.hypot(x, y) + 0.5).clip(0, 1)
    elif shape is ViewShape.OCTAGON:
        cut = width / 2 + height / 2 - 0.26 * min(width, height)
        inside = ((cut - np.abs(x) - np.abs(y)) / np.sqrt(2) + 0.5).clip(0, 1)
        rim = torch.from_numpy(np.hypot(x / (0.5 * width), y / (0.5 * height)))
        hood = smooth_step(rim, 0.985, 1.05).numpy() * 0.8 + 0.2 * smooth_step(rim, 0.93, 1.0).numpy()
    far = (np.square(x) + np.square(y)) / (width**2 + height**2) * 4
    return inside, hood, (1 - clip.optics.vignetting * far).astype(np.float32)


def _colour_mode(clip: PhantomClip, device: str) -> torch.Tensor | None:
    """The colour matrix of narrow-band or red dichromatic light at the clip's strength, None for white light."""
    matrix = np.eye(3)
    for name, mode in (("narrow-band", _NARROW_BAND), ("red dichromatic", _RED_DICHROMATIC)):
        strength = clip.strength(name)
        matrix = ((1 - strength) * np.eye(3) + strength * np.array(mode)) @ matrix
    return None if np.array_equal(matrix, np.eye(3)) else torch.from_numpy(matrix.astype(np.float32)).to(device)
