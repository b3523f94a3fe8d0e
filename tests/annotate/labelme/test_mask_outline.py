"""An outline is the mask to the pixel, or there is none."""

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Outline
from scipy import ndimage

from bleedkit.annotate.labelme.mask_outline import MAX_VERTICES, outline


def covered(polygon, shape) -> np.ndarray:
    """Pixels whose centres lie in the polygon, by Matplotlib."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    centres = np.column_stack([columns.ravel() + 0.5, rows.ravel() + 0.5])
    return Outline([*polygon, polygon[0]], closed=True).contains_points(centres).reshape(shape)


@st.composite
def masks(draw):
    """Ragged masks: random pixels, made whole by the draw's threshold or not."""
    height, width = draw(st.integers(1, 24)), draw(st.integers(1, 24))
    seed, smooth = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.0, 1.0, 3.0]))
    noise = np.random.default_rng(seed).random((height, width))
    return ndimage.gaussian_filter(noise, smooth) > draw(st.floats(0.2, 0.8))


@settings(max_examples=150)
@given(masks())
def test_an_outline_covers_the_mask_and_a_simple_region_has_one(mask):
    polygon = outline(mask)
    count = ndimage.label(mask)[1]
    if polygon is not None:
        np.testing.assert_array_equal(covered(polygon, mask.shape), mask)
        assert 3 <= len(polygon) <= MAX_VERTICES
    else:
        ring = np.pad(~mask, 1, constant_values=True)
        holes = ndimage.label(ring)[1] - 1
        assert count != 1 or holes


def test_empty_parts_and_holes_have_none():
    mask = np.zeros((20, 30), bool)
    assert outline(mask) is None
    mask[2:6, 2:6] = True
    assert outline(mask) is not None
    mask[10:14, 10:14] = True
    assert outline(mask) is None
    mask[:] = False
    mask[2:12, 2:12] = True
    mask[5:7, 5:7] = False
    assert outline(mask) is None


def test_one_pixel_and_a_region_at_the_border():
    mask = np.zeros((5, 7), bool)
    mask[0, 0] = True
    assert covered(outline(mask), mask.shape)[0, 0]
    assert outline(np.ones((5, 7), bool)) is not None


def test_a_smooth_region_has_an_outline_one_can_drag():
    picture = np.zeros((720, 1280), np.uint8)
    cv2.ellipse(picture, (600, 300), (150, 90), 20, 0, 360, 1, -1)
    polygon = outline(picture > 0)
    assert len(polygon) < 300  # a third of the pixel edges around it
    np.testing.assert_array_equal(covered(polygon, picture.shape), picture > 0)
