"""Smooth functions of time that move camera and tissue: drift, tremor, jerks, breathing, pulls. Times in seconds."""

import numpy as np
from scipy.interpolate import CubicSpline


def drift(rng: np.random.Generator, times: np.ndarray, period_s: float) -> np.ndarray:
    """A wandering curve (T,) of unit spread: a cubic spline through random knots one period apart."""
    start, knots = rng.uniform(0, period_s), int(np.ceil(times[-1] / period_s)) + 4
    values = rng.normal(0, 1, knots)
    values = np.convolve(values, (0.25, 0.5, 0.25), mode="same") * 1.6
    return CubicSpline(period_s * np.arange(knots) - start - period_s, values)(times)


def tremor(rng: np.random.Generator, times: np.ndarray) -> np.ndarray:
    """A hand's tremor (T,) of unit spread: six tones of 6 to 10 Hz."""
    tones, phases = rng.uniform(6, 10, 6), rng.uniform(0, 2 * np.pi, 6)
    return np.sin(2 * np.pi * times[:, None] * tones + phases).sum(axis=1) / np.sqrt(3)


def jerks(rng: np.random.Generator, times: np.ndarray, per_s: float) -> np.ndarray:
    """Sudden shifts (T, 2) of about unit length: each rises within 0.1 s and is half taken back within a second."""
    shift = np.zeros((len(times), 2))
    for _ in range(rng.poisson(per_s * times[-1])):
        since = times - rng.uniform(0, times[-1])
        angle, size = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 1.0)
        rise = 0.5 + 0.5 * np.tanh(since / 0.06)
        settle = 0.3 + 0.7 * np.exp(-np.maximum(since, 0) / 0.5)
        shift += size * (rise * settle)[:, None] * (np.cos(angle), np.sin(angle))
    return shift


def breathing(rng: np.random.Generator, times: np.ndarray, per_min: float) -> np.ndarray:
    """Depth of breath (T,) in [0, 1]: short breaths in and a longer rest after each."""
    phase = 2 * np.pi * (times * per_min / 60 + rng.uniform())
    return (0.5 + 0.5 * np.sin(phase + 0.3 * np.sin(phase))) ** 2


def pulls(rng: np.random.Generator, times: np.ndarray) -> np.ndarray:
    """Strength of an instrument's pull (T,) in [0, 1]: it takes hold, wavers, and lets go."""
    start, length = rng.uniform(-0.5, 1.5), rng.uniform(2.5, 6.0)
    hold = 0.5 * (np.tanh((times - start) / 0.4) - np.tanh((times - start - length) / 0.3))
    return hold * (0.8 + 0.2 * np.sin(2 * np.pi * 0.4 * times + rng.uniform(0, 6)))


def beats(times: np.ndarray, per_min: float, phase: float) -> np.ndarray:
    """Pulse (T,) of mean about 1: a sharp rise and slow fall each beat."""
    turn = 2 * np.pi * (times * per_min / 60 + phase)
    return np.exp(1.6 * np.sin(turn)) / 1.75
