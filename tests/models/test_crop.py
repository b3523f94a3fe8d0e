import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.models.crop import GRID, Crop, crop_around
from bleedkit.models.matcher import Disc

SIDES = st.integers(1, 400)
PLACES = st.floats(-200, 600)


def test_a_crop_starts_and_ends_on_the_grid():
    # 100 - 20 - 10 = 70 -> 64, 100 + 30 = 130 -> 160; 90 - 30 = 60 -> 32, 90 + 30 = 120 -> 128.
    disc = Disc(np.array([100.0, 90.0]), 20.0)
    assert crop_around(disc, 640, 480, 10.0) == Crop(64, 32, 160, 128)


def test_at_the_far_border_a_crop_keeps_its_size():
    # 600 -> 576, 660 -> 672 -> 640: on the grid. 440 -> 416, 500 -> 512 -> 490: 74 rows -> 96, so from 394.
    disc = Disc(np.array([630.0, 470.0]), 20.0)
    assert crop_around(disc, 640, 490, 10.0) == Crop(576, 394, 640, 490)


@given(PLACES, PLACES, st.floats(0.5, 300), st.floats(0, 64), SIDES, SIDES)
def test_a_crop_holds_what_there_is_of_the_disc(x, y, radius, margin, width, height):
    disc = Disc(np.array([x, y]), radius)
    crop = crop_around(disc, width, height, margin)
    rows, columns = np.mgrid[:height, :width] + 0.5
    inside = disc.holds(np.stack([columns, rows], -1).reshape(-1, 2)).reshape(height, width)
    if crop is None:
        assert not inside.any()
        return
    assert 0 <= crop.x0 < crop.x1 <= width
    assert 0 <= crop.y0 < crop.y1 <= height
    assert crop.of(inside).sum() == inside.sum()
    for side, extent in zip(crop.size, (width, height), strict=True):
        assert side % GRID == 0 or side == extent


def test_a_crop_takes_its_own_pixels():
    picture = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(Crop(1, 0, 3, 2).of(picture), [[1, 2], [5, 6]])
    np.testing.assert_array_equal(Crop(1, 2, 3, 3).origin, [1, 2])
