"""Lucas-Kanade: converts OpenCV's pixel centres and says when it is lost; the contract has the motion it follows."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bleedkit.models.corner_detector import CornerDetector
from bleedkit.models.lucas_kanade import LucasKanade, from_opencv, to_opencv
from bleedkit.models.patch_likeness import likeness, patches


def surface(seed: int = 0, shape: tuple[int, int] = (200, 260)) -> np.ndarray:
    """Smooth random texture, (H, W, 3) uint8."""
    noise = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 3)
    gray = np.clip(128 + 45 * blurred / blurred.std(), 0, 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)


@given(arrays.arrays(np.float32, (5, 2), elements=st.floats(-1000, 4000, width=16)))
def test_pixels_survive_opencv_and_back(xy):
    np.testing.assert_array_equal(from_opencv(to_opencv(xy)), xy)


def test_a_pixels_centre_is_half_past_and_opencv_counts_it_whole():
    assert to_opencv(np.array([[7.5, 3.5]], np.float32)).tolist() == [[7.0, 3.0]]


def test_a_point_on_nothing_is_lost_and_stays():
    flat = np.full((100, 100), 90, np.uint8)
    tracks = LucasKanade().track([flat, flat, flat], np.array([[50, 50]], np.float32))
    assert np.isinf(tracks.step_error[1:]).all()
    assert tracks.hidden[1:].all()
    assert (tracks.xy == 50).all()


def test_a_corner_is_found_where_it_is():
    gray = np.full((80, 80), 20, np.uint8)
    gray[40:, 40:] = 220  # the corner of the bright square: the point (40, 40) between the pixels
    found = CornerDetector(radius=400).detect(gray, np.array([38.0, 42.0]))
    assert np.abs(found[0] - 40).max() <= 2.5  # the detector averages over a block of 5 pixels


def test_corners_keep_to_the_disc_and_the_picture():
    gray = surface(2, (90, 1240))[..., 0]
    found = CornerDetector(radius=30).detect(gray, np.array([5.0, 45.0]))
    assert len(found)
    assert (np.hypot(found[:, 0] - 5, found[:, 1] - 45) <= 30).all()
    assert (found >= 0).all()
    assert len(CornerDetector(radius=5).detect(gray, np.array([-500.0, 10.0]))) == 0


def test_likeness_is_blind_to_light_and_contrast_and_flat_says_nothing():
    a = np.array([[1.0, 2, 3, 6]], np.float32)
    assert likeness(a, 5 * a + 30) == pytest.approx(1)
    assert likeness(a, -a) == pytest.approx(-1)
    assert likeness(a, np.full_like(a, 7)) == 0


def test_a_patch_is_centred_on_its_point():
    gray = np.arange(100, dtype=np.uint8).reshape(10, 10)
    assert patches(gray, np.array([[4.5, 6.5]], np.float32), 1).tolist() == [[53, 54, 55, 63, 64, 65, 73, 74, 75]]
