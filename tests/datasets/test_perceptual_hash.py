"""Perceptual hashes: worked small images, mirrors and crops against really mirrored and cropped images."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bleedkit.benchmarks.tissue_clips import Take
from bleedkit.datasets.perceptual_hash import (
    SIDE,
    VIEWS,
    distance,
    frame_hashes,
    frequencies,
    hashes,
    lit_part,
    mirrored,
    thumbnails,
)

GREY = np.zeros(64, np.float32)
thumbs = hnp.arrays(np.float32, (1, SIDE, SIDE), elements=st.integers(0, 15).map(float))
words = st.integers(0, 2**64 - 1)


def words_of(rgb: np.ndarray) -> np.ndarray:
    return np.array([[word for _, word in frame_hashes(rgb)]], np.uint64)


def hash_of(rgb: np.ndarray) -> np.ndarray:
    return hashes(frequencies(thumbnails(words_of(rgb))), GREY)


def test_a_frame_has_sixteen_words_named_by_row():
    found = frame_hashes(Take(1, 1, 0, 1).frame(0))
    assert tuple(view for view, _ in found) == VIEWS
    assert all(isinstance(word, int) and 0 <= word < 2**64 for _, word in found)


def test_a_grey_ramp_of_sixteen_steps_comes_back_as_levels_0_to_15():
    ramp = np.repeat(np.arange(16, dtype=np.uint8) * 12 + 40, 16)  # 256 columns, all lit
    rgb = np.repeat(np.tile(ramp, (256, 1))[..., None], 3, axis=2)
    found = thumbnails(words_of(rgb))[0]
    assert found.shape == (16, 16)
    np.testing.assert_array_equal(found[0], np.arange(16))
    assert words_of(rgb)[0, 0] == 0xFEDCBA9876543210  # column 0 in the lowest four bits


def test_a_ramp_is_its_first_horizontal_frequency_which_mirroring_negates():
    ramp = np.tile(np.arange(16, dtype=np.float32), (1, 16, 1))
    found = frequencies(ramp)[0]
    # The cosine falls from left to right and the ramp rises: (v, u) = (0, 1) is negative, and by far the largest.
    assert found[0] == pytest.approx(-1, abs=0.02)
    np.testing.assert_allclose(mirrored(frequencies(ramp)), frequencies(ramp[:, :, ::-1]), atol=1e-5)


@pytest.mark.parametrize("value", [0, 90])
def test_frames_without_content_have_no_hash(value):
    assert frame_hashes(np.full((120, 160, 3), value, np.uint8)) == []


def test_frames_smaller_than_the_thumbnail_have_no_hash():
    assert frame_hashes(np.random.default_rng(0).integers(0, 255, (9, 200, 3), dtype=np.uint8)) == []


def test_black_margins_do_not_matter():
    bits = []
    for tissue in range(10):
        rgb = Take(tissue, tissue, 0, 1).frame(0)[40:200, 60:260]
        framed = cv2.copyMakeBorder(rgb, 32, 48, 64, 16, cv2.BORDER_CONSTANT, value=(0, 0, 0))
        bits.append(int(distance(hash_of(rgb), hash_of(framed))[0]))
        height, width = lit_part(framed).shape
        assert abs(height - 160) <= 4 and abs(width - 200) <= 4
    assert np.median(bits) <= 3 and max(bits) <= 8


@given(thumbs)
def test_mirroring_frequencies_is_mirroring_the_picture(thumb):
    np.testing.assert_allclose(mirrored(frequencies(thumb)), frequencies(thumb[:, :, ::-1]), atol=1e-4)


@given(thumbs)
def test_mirrored_twice_is_itself(thumb):
    found = frequencies(thumb)
    np.testing.assert_array_equal(mirrored(mirrored(found)), found)


@given(words, words, words)
def test_distance_is_a_metric(a, b, c):
    x, y, z = (np.array([value], np.uint64) for value in (a, b, c))
    assert distance(x, y) == distance(y, x) == (a ^ b).bit_count()
    assert (distance(x, x) == 0).all()
    assert int(distance(x, z)[0]) <= int(distance(x, y)[0]) + int(distance(y, z)[0])


@given(hnp.arrays(np.uint64, (3, 16)))
def test_thumbnails_hold_every_bit_of_their_words(packed):
    levels = thumbnails(packed).astype(int)
    assert levels.min() >= 0 and levels.max() <= 15
    assert [[sum(int(v) << (4 * i) for i, v in enumerate(row)) for row in image] for image in levels] == packed.tolist()


@given(st.floats(0.1, 100), st.floats(-50, 50))
def test_contrast_and_brightness_do_not_matter(gain, offset):
    thumb = np.random.default_rng(2).uniform(0, 15, (1, SIDE, SIDE)).astype(np.float32)
    np.testing.assert_allclose(
        frequencies(thumb * np.float32(gain) + np.float32(offset)), frequencies(thumb), atol=2e-3
    )


def test_a_window_of_the_thumbnail_is_close_to_the_hash_of_the_cropped_frame():
    bits = []
    for tissue in range(10):
        rgb = Take(tissue, tissue, 0, 1).frame(0)[40:200, 60:260]
        crop = rgb[16:144, 10:190]  # 10 % of 160 rows from both sides, 5 % of 200 columns
        window = hashes(frequencies(thumbnails(words_of(rgb)), (0.1, 0.9), (0.05, 0.95)), GREY)
        bits.append(int(distance(window, hash_of(np.ascontiguousarray(crop)))[0]))
    assert np.median(bits) <= 8


def test_re_encoding_and_halving_change_few_bits_and_other_tissue_many():
    near, far = [], []
    for tissue in range(10):
        rgb, other = Take(tissue, tissue, 0, 1).frame(0), Take(tissue + 50, tissue, 0, 1).frame(0)
        small = cv2.resize(rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        coded = cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)
        near.append(int(distance(hash_of(rgb), hash_of(coded))[0]))
        far.append(int(distance(hash_of(rgb), hash_of(other))[0]))
    assert max(near) < min(far)
