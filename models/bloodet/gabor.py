"""The Gabor-Laplacian wavelets of the edge generator (SurgBlood 4.3, Eqs. 6-8)."""

import math
from typing import Final

import numpy as np

ORIENTATIONS: Final = tuple(range(0, 180, 10))  # theta, degrees; the paper does not state its numbers, the code does
SIGMA: Final = 3.0
WAVELENGTH: Final = 6.0
LAPLACIAN: Final = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], np.float64)  # Eq. 8 on a grid of step 1
_TERMS: Final = 100  # of the code's square wave


def gabor(
    x: np.ndarray, y: np.ndarray, *, wavelength: float, theta: float, phase: float, sigma: float, aspect: float
) -> np.ndarray:
    """Eq. 6, G(x, y; lambda, theta, psi, sigma, gamma), complex; x right and y down, angles in radians."""
    along, across = _turned(x, y, theta)
    return _envelope(along, across, sigma, aspect) * np.exp(1j * (2 * np.pi / wavelength * along + phase))


def square_wave_gabor(x: np.ndarray, y: np.ndarray, *, wavelength: float, theta: float, sigma: float) -> np.ndarray:
    """What the released code takes for Eq. 6: a hundred terms of square waves; its real and imaginary part.

    4 / pi * sum_j exp(i (2 pi (2 j + 1) / lambda x' + j pi)) / (2 j + 1), under the same Gaussian.
    """
    along, across = _turned(x, y, theta)
    odd = 2 * np.arange(_TERMS) + 1.0
    waves = np.exp(1j * (2 * np.pi / wavelength * odd * along[..., None] + (odd - 1) / 2 * np.pi)) / odd
    return _envelope(along, across, sigma, 1.0) * 4 / math.pi * waves.sum(-1)


def wavelets(*, eq6: bool) -> np.ndarray:
    """Eq. 7, L_g = Laplacian times G, for every orientation: (36, 3, 3) float32, real and imaginary parts in turn.

    eq6: G as in Eq. 6; else the square waves of the released code, at twice each angle and with x pointing down. Both
    divide each part by the sum of what is positive in it, before the Laplacian, as the released code does.
    """
    y, x = np.mgrid[-1:2, -1:2].astype(np.float64)
    found = []
    for degrees in ORIENTATIONS:
        theta = math.radians(degrees)
        if eq6:
            values = gabor(x, y, wavelength=WAVELENGTH, theta=theta, phase=0.0, sigma=SIGMA, aspect=1.0)
        else:
            values = square_wave_gabor(y, x, wavelength=WAVELENGTH, theta=2 * theta, sigma=SIGMA)
        found += [part / part[part > 0].sum() * LAPLACIAN for part in (values.real, values.imag)]
    return np.stack(found).astype(np.float32)


def _turned(x: np.ndarray, y: np.ndarray, theta: float) -> tuple[np.ndarray, np.ndarray]:
    """The x' and y' of Eq. 6."""
    return x * math.cos(theta) + y * math.sin(theta), -x * math.sin(theta) + y * math.cos(theta)


def _envelope(along: np.ndarray, across: np.ndarray, sigma: float, aspect: float) -> np.ndarray:
    return np.exp(-(along**2 + aspect**2 * across**2) / (2 * sigma**2))
