"""Constant-velocity Kalman filtering and Rauch-Tung-Striebel smoothing of many tracks in the plane at once.

The state of each axis is position and velocity. A step of one frame moves it by F = [[1, 1], [0, 1]] and adds the
noise of an acceleration that is constant within the step, Q = a^2 [[1/4, 1/2], [1/2, 1]]; only the position is
measured. The axes share their covariance, and so do all tracks that are measured equally well on the same frames: the
2x2 recursions run once for each row of `variance`, whatever the number of tracks, and the tracks themselves cost a few
array operations a frame. Kalman 1960; Rauch, Tung & Striebel 1965.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

_STEP: Final = np.array([[1.0, 1.0], [0.0, 1.0]])
_ACCELERATION: Final = np.array([[0.25, 0.5], [0.5, 1.0]])


@dataclass(frozen=True)
class ConstantVelocity:
    """The model. acceleration_sd: pixels per frame^2; velocity_sd: of the first frame's velocity, pixels per frame."""

    acceleration_sd: float
    velocity_sd: float


@dataclass(frozen=True, eq=False)
class Smoothed:
    """xy (..., T, 2) pixels; variance (..., T) per axis, of tracks that share it only once: it broadcasts to xy's."""

    xy: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True, eq=False)
class _Gains:
    """What does not hang on the measured values. gain (T, ..., 2): Kalman's; back (T, ..., 2, 2): the smoother's.

    variance (..., T): of the smoothed position.
    """

    gain: np.ndarray
    back: np.ndarray
    variance: np.ndarray


def smooth(measured: np.ndarray, variance: np.ndarray, model: ConstantVelocity) -> Smoothed:
    """Smooth tracks measured (..., T, 2), NaN where they were not, each with a variance (..., T) per axis.

    variance broadcasts against the tracks: (T,) is one for all. A missing measurement and one of infinite variance are
    the same. The first frame's measurement and variance are the prior of the position, the velocity's is 0 with
    `velocity_sd`. Raises ValueError where a first measurement is missing.
    """
    variance = _with_missing(measured, np.asarray(variance, float))
    if not np.isfinite(variance[..., 0]).all():
        raise ValueError("the first frame of every track must be measured")
    gains = _gains(variance, model)
    series = np.nan_to_num(np.ascontiguousarray(np.moveaxis(measured, -2, 0)))  # each frame one block of memory
    return Smoothed(np.moveaxis(_states(series, gains), 0, -2), gains.variance)


def fused(xy: np.ndarray, variance: float, other: np.ndarray, other_variance: float) -> tuple[np.ndarray, float]:
    """Two independent measurements (2,) of one place as one, by inverse variance.

    A filter that is given both, one after the other, ends where it does when given this one.
    """
    total = variance + other_variance
    return xy + variance / total * (other - xy), variance * other_variance / total


def _with_missing(measured: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """The variance, infinite where nothing was measured; still shared where that is the same for all tracks."""
    missing = ~np.isfinite(measured).all(-1)
    frames = missing.reshape(-1, missing.shape[-1])
    shared = frames.any(0)
    if (frames == shared).all():
        return np.where(shared, np.inf, variance)
    return np.where(missing, np.inf, variance)


def _gains(variance: np.ndarray, model: ConstantVelocity) -> _Gains:
    """Filter forward and smooth backward the covariances; variance (..., T)."""
    series = np.moveaxis(variance, -1, 0)
    noise = model.acceleration_sd**2 * _ACCELERATION
    covariance = np.zeros((*series.shape, 2, 2))
    predicted, gain = np.zeros_like(covariance), np.zeros((*series.shape, 2))
    covariance[0, ..., 0, 0], covariance[0, ..., 1, 1] = series[0], model.velocity_sd**2
    for t in range(1, len(series)):
        predicted[t] = _STEP @ covariance[t - 1] @ _STEP.T + noise
        gain[t] = predicted[t, ..., 0] / (predicted[t, ..., 0, 0] + series[t])[..., None]
        covariance[t] = predicted[t] - gain[t][..., None] * predicted[t, ..., :1, :]
    back = np.zeros_like(covariance)
    for t in range(len(series) - 2, -1, -1):
        back[t] = covariance[t] @ _STEP.T @ np.linalg.inv(predicted[t + 1])
        covariance[t] += back[t] @ (covariance[t + 1] - predicted[t + 1]) @ np.swapaxes(back[t], -1, -2)
    return _Gains(gain, back, np.moveaxis(covariance[..., 0, 0], 0, -1))


def _states(series: np.ndarray, gains: _Gains) -> np.ndarray:
    """The smoothed positions (T, ..., 2) of measured ones (T, ..., 2)."""
    place, speed = np.empty_like(series), np.empty_like(series)
    place[0], speed[0] = series[0], 0.0
    for t in range(1, len(series)):
        ahead = place[t - 1] + speed[t - 1]
        innovation = series[t] - ahead
        place[t] = ahead + gains.gain[t, ..., :1] * innovation
        speed[t] = speed[t - 1] + gains.gain[t, ..., 1:] * innovation
    for t in range(len(series) - 2, -1, -1):
        off_place, off_speed = place[t + 1] - place[t] - speed[t], speed[t + 1] - speed[t]
        back = gains.back[t][..., None]
        place[t] += back[..., 0, 0, :] * off_place + back[..., 0, 1, :] * off_speed
        speed[t] += back[..., 1, 0, :] * off_place + back[..., 1, 1, :] * off_speed
    return place
