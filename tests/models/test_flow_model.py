"""Reading a flow at a place, and the working picture: no half pixel gets lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.models.flow_model import flow_at, working_picture

JACOBIAN = np.array([[0.02, -0.01], [0.03, 0.05]])


def centres(width: int, height: int) -> np.ndarray:
    """Pixel centres, (h, w, 2)."""
    return np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)


def linear_flow(width: int, height: int) -> np.ndarray:
    """f(x) = JACOBIAN x + (4, -2) at every pixel's centre."""
    return (centres(width, height) @ JACOBIAN.T + [4, -2]).astype(np.float32)


@given(st.floats(0.5, 59.5), st.floats(0.5, 39.5))
def test_a_linear_flow_is_read_exactly_between_the_outermost_centres(x, y):
    xy = np.array([[x, y]])
    np.testing.assert_allclose(flow_at(linear_flow(60, 40), xy), xy @ JACOBIAN.T + [4, -2], atol=1e-5)


def test_beyond_the_outermost_centres_the_nearest_one_counts():
    flow = linear_flow(60, 40)
    outside = np.array([[-50, -50], [0, 0], [59.9, 0.2], [500, 500]], np.float32)
    np.testing.assert_allclose(flow_at(flow, outside), [flow[0, 0], flow[0, 0], flow[0, -1], flow[-1, -1]], rtol=1e-6)
    assert flow_at(flow, np.zeros((0, 2), np.float32)).shape == (0, 2)


@pytest.mark.parametrize(("size", "working"), [((1240, 1080), (480, 418)), ((961, 541), (480, 270))])
def test_a_place_of_the_frame_keeps_its_share_of_the_working_picture(size, working):
    picture = working_picture(centres(*size).astype(np.float32), 480)
    assert picture.shape[:2] == working[::-1]
    # A picture whose values are its own places, made smaller, still says them: x = X * w / W. A pixel that two share
    # counts as its middle in both, which makes up to 0.06 px of noise; a half pixel lost would be 0.5 or more.
    off = picture - centres(*working) * np.array(size) / working
    assert np.abs(off).max() < 0.06
    np.testing.assert_allclose(off.mean((0, 1)), 0, atol=1e-3)


def test_a_small_frame_is_not_enlarged_but_to_the_least_side_and_multiple():
    frame = np.zeros((90, 333, 3), np.uint8)
    assert working_picture(frame, 480).shape == (90, 333, 3)
    assert working_picture(frame, 480, multiple=8).shape == (88, 336, 3)  # 90 / 8 = 11.25, 333 / 8 = 41.6
    assert working_picture(frame, 480, multiple=8, least=128).shape == (128, 336, 3)
