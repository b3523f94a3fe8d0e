"""The wavelets: Eq. 6 by hand, and the released code's own kernels."""

import cmath
import math

import numpy as np
import pytest

from bleedkit.models.bloodet.gabor import LAPLACIAN, ORIENTATIONS, gabor, square_wave_gabor, wavelets

from .conftest import GOLDEN


def test_eq6_at_a_point_by_hand():
    # theta 90 degrees turns x' to y = 2 and y' to -x = -1: exp(-(4 + 0.25 * 1) / 18) exp(i (2 pi 2 / 6 + 0.5)).
    found = gabor(np.array(1.0), np.array(2.0), wavelength=6.0, theta=math.pi / 2, phase=0.5, sigma=3.0, aspect=0.5)
    expected = math.exp(-(4 + 0.25) / 18) * cmath.exp(1j * (2 * math.pi * 2 / 6 + 0.5))
    assert complex(found) == pytest.approx(expected)


def test_the_square_wave_is_one():
    # Its real part tends to a wave of height 1 that is positive for |x'| < lambda / 4.
    x = np.array([0.0, 1.0, 3.0])
    found = square_wave_gabor(x, np.zeros(3), wavelength=6.0, theta=0.0, sigma=1e6)
    np.testing.assert_allclose(found.real, [1, 1, -1], atol=0.02)


def test_wavelets_are_the_laplacian_times_the_gabor_function_divided_by_its_positive_part():
    found = wavelets(eq6=True)
    assert found.shape == (2 * len(ORIENTATIONS), 3, 3)
    theta = math.radians(ORIENTATIONS[4])
    for part, number in ((np.cos, 8), (np.sin, 9)):
        values = np.empty((3, 3))
        for row, y in enumerate((-1, 0, 1)):
            for column, x in enumerate((-1, 0, 1)):
                along = x * math.cos(theta) + y * math.sin(theta)
                values[row, column] = math.exp(-(x * x + y * y) / 18) * part(2 * math.pi / 6 * along)
        np.testing.assert_allclose(found[number], values / np.maximum(values, 0).sum() * LAPLACIAN, atol=1e-6)


def test_the_laplacian_is_the_sum_of_second_differences():
    # f = 3 x^2 + 2 y^2 has 6 + 4 everywhere (Eq. 8).
    y, x = np.mgrid[-1:2, -1:2]
    assert (LAPLACIAN * (3 * x**2 + 2 * y**2)).sum() == 10


@pytest.mark.skipif(not GOLDEN.exists(), reason=f"needs {GOLDEN.name}, not published with the code")
def test_the_released_kernels_are_reproduced():
    with np.load(GOLDEN) as golden:
        np.testing.assert_allclose(wavelets(eq6=False), golden["gabor_init"], atol=1e-6)
