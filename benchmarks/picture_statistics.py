"""Statistics by which two sources of surgical video can be compared: colour, sharpness, motion, highlights."""

from dataclasses import dataclass

import cv2
import numpy as np

_BINS = 12


@dataclass(frozen=True, eq=False)
class PictureStatistics:
    """One clip's statistics over the pixels inside the view.

    colour (BINS, BINS, BINS): share of pixels by lightness, and by red and blue chromaticity. spectrum_slope: of log
    power over log frequency. motion_percent: median motion between consecutive frames, percent of the width.
    specular_percent: pixels that are near white. red_percent: pixels a colour threshold would call blood.
    """

    colour: np.ndarray
    spectrum_slope: float
    motion_percent: float
    specular_percent: float
    red_percent: float


def statistics_of(frames: list[np.ndarray], used: list[np.ndarray]) -> PictureStatistics:
    """frames: consecutive (H, W, 3) uint8 RGB. used: the pixels of each that count, (H, W) bool."""
    pixels = np.concatenate([frame[mask] for frame, mask in zip(frames, used, strict=True)]).astype(float)
    pairs = list(zip(frames, frames[1:], used, strict=False))
    return PictureStatistics(
        colour=colour_histogram(pixels),
        spectrum_slope=float(np.mean([spectrum_slope(_grey(frame)) for frame in frames[:: max(1, len(frames) // 4)]])),
        motion_percent=float(np.median([motion_percent(*pair) for pair in pairs])) if pairs else float("nan"),
        specular_percent=float(100 * (pixels.min(axis=1) > 205).mean()),
        red_percent=float(100 * looks_like_blood(pixels).mean()),
    )


def colour_histogram(pixels: np.ndarray) -> np.ndarray:
    """Shares (BINS, BINS, BINS) of pixels (N, 3), summing to 1: lightness / 255, r / (r+g+b), b / (r+g+b)."""
    total = pixels.sum(axis=1) + 1e-6
    axes = np.stack([total / 765, pixels[:, 0] / total, pixels[:, 2] / total], axis=1)
    counts, _ = np.histogramdd(axes, bins=_BINS, range=[(0, 1), (0.2, 1.0), (0.0, 0.5)])
    return counts / max(counts.sum(), 1)


def colour_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Half the absolute difference of two histograms: 0 for the same colours, 1 for none in common."""
    return float(np.abs(one - other).sum() / 2)


def spectrum_slope(grey: np.ndarray) -> float:
    """Slope of log power over log frequency, from 1/32 to 1/3 cycles a pixel; natural pictures lie about -2 to -3."""
    side = min(grey.shape)
    top, left = (grey.shape[0] - side) // 2, (grey.shape[1] - side) // 2
    window = np.hanning(side)
    square = grey[top : top + side, left : left + side]
    power = np.abs(np.fft.fft2((square - square.mean()) * window[:, None] * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side))
    edges = np.geomspace(1 / 32, 1 / 3, 13)
    rings = np.digitize(frequency, edges)
    means = np.array([power[rings == ring].mean() for ring in range(1, len(edges))])
    return float(np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(means), 1)[0])


def motion_percent(now: np.ndarray, after: np.ndarray, used: np.ndarray) -> float:
    """Median length of Farneback's optical flow over the used pixels, percent of the width."""
    still = np.zeros((*now.shape[:2], 2), np.float32)
    flow = cv2.calcOpticalFlowFarneback(_grey(now), _grey(after), still, 0.5, 4, 15, 3, 5, 1.2, 0)
    return float(100 * np.median(np.hypot(flow[..., 0], flow[..., 1])[used]) / now.shape[1])


def looks_like_blood(pixels: np.ndarray) -> np.ndarray:
    """Which pixels (..., 3) the usual threshold calls blood: red, and far more red than green or blue."""
    red, green, blue = (pixels[..., channel].astype(float) for channel in range(3))
    return (red > 70) & (green < 0.4 * red) & (blue < 0.45 * red)


def _grey(frame: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
