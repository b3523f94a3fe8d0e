"""Pixels to FiftyOne's 0..1 and back."""

import math

from hypothesis import given
from hypothesis import strategies as st

from bleedkit.annotate.fiftyone_points import is_hidden, to_pixels, to_unit
from bleedkit.datasets.schema import ImageSize

sizes = st.builds(ImageSize, st.integers(1, 10_000), st.integers(1, 10_000))
unit = st.floats(0, 1)


def test_corners_and_centre_by_hand():
    size = ImageSize(640, 480)
    assert to_unit(0, 0, size) == (0, 0)
    assert to_unit(640, 480, size) == (1, 1)
    assert to_unit(0.5, 0.5, size) == (0.5 / 640, 0.5 / 480)  # the centre of the first pixel
    assert to_pixels(0.5, 0.25, size) == (320, 120)


@given(size=sizes, u=unit, v=unit)
def test_there_and_back_is_the_same_to_a_billionth_of_a_pixel(size, u, v):
    x, y = u * size.width, v * size.height
    back = to_pixels(*to_unit(x, y, size), size)
    assert math.isclose(back[0], x, rel_tol=1e-15, abs_tol=1e-9)
    assert math.isclose(back[1], y, rel_tol=1e-15, abs_tol=1e-9)


@given(size=sizes, u=unit, v=unit)
def test_the_same_pixels_always_give_the_same_numbers(size, u, v):
    """A pull takes a point for moved where its numbers differ at all."""
    x, y = u * size.width, v * size.height
    assert to_unit(x, y, size) == to_unit(float(repr(x)), float(repr(y)), size)


def test_nan_is_hidden_and_stays_nan():
    assert is_hidden(math.nan, 0.5)
    assert is_hidden(0.5, math.nan)
    assert not is_hidden(0, 1)
    assert all(math.isnan(value) for value in to_unit(math.nan, math.nan, ImageSize(4, 3)))
