"""The middle of what is red, on pictures whose red pixels are counted."""

import numpy as np
import pytest

from bleedkit.models.red_centroid import RedCentroid, red_share

GRAY = (90, 90, 90)


def picture(width=20, height=10, ground=GRAY):
    return np.full((height, width, 3), ground, np.uint8)


def test_redness_is_what_no_other_channel_has():
    rgb = np.array([[[255, 0, 0], [200, 50, 98], [255, 255, 255], [0, 255, 0], [10, 10, 20]]], np.uint8)
    np.testing.assert_allclose(red_share(rgb), [[1, 102 / 255, 0, 0, 0]], rtol=1e-6)


def test_the_point_is_the_middle_of_a_red_block():
    frame = picture()
    frame[2:6, 4:10] = (200, 20, 10)  # redness 180 / 255 = 0.71; columns 4 to 9: middle 7; rows 2 to 5: middle 4
    seen = RedCentroid().look(frame)
    np.testing.assert_allclose(seen.point, [7, 4])
    assert seen.mask.sum() == 4 * 6
    assert seen.mask[2:6, 4:10].all()
    assert seen.confidence == pytest.approx(0.12 / (0.12 + 0.01))  # 24 of 200 pixels; at 1 % it would be 0.5


def test_redder_pixels_pull_more():
    frame = picture()
    frame[5, 2], frame[5, 8] = (204, 0, 0), (102, 0, 0)  # redness 0.8 and 0.4
    np.testing.assert_allclose(RedCentroid().look(frame).point, [(2.5 * 0.8 + 8.5 * 0.4) / 1.2, 5.5])


def test_where_nothing_is_red_the_middle_of_the_picture_is_said_and_no_bleeding():
    seen = RedCentroid().look(picture(ground=(120, 60, 60)))  # redness 60 / 255 = 0.24
    np.testing.assert_allclose(seen.point, [10, 5])
    assert not seen.mask.any()
    assert seen.confidence == 0


def test_thresholds_are_where_they_are_said_to_be():
    frame = picture(10, 10)
    frame[0, 0] = (102, 0, 0)  # exactly 0.4 of 1, and exactly 1 % of the picture
    assert RedCentroid().look(frame).confidence == pytest.approx(0.5)
    assert RedCentroid(redness=0.41).look(frame).confidence == 0
    assert RedCentroid(least_share=0.005).look(frame).confidence > 0.5


def test_the_frame_is_left_alone_and_gives_the_same_again():
    frame = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    frame.flags.writeable = False
    first, second = (RedCentroid().look(frame) for _ in range(2))
    np.testing.assert_array_equal(first.mask, second.mask)
    np.testing.assert_array_equal(first.point, second.point)
