"""Run lengths against pycocotools' own, and by hand."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco

from bleedkit.datasets.exchange.run_lengths import BoxRuns, coco_counts, coco_mask
from bleedkit.datasets.schema import ImageSize

MASKS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=70))


def size_of(mask):
    return ImageSize(mask.shape[1], mask.shape[0])


@given(MASKS)
def test_we_read_what_pycocotools_packs(mask):
    packed = coco.encode(np.asfortranarray(mask, np.uint8))["counts"].decode()
    assert coco_counts(mask) == packed
    np.testing.assert_array_equal(coco_mask(packed, size_of(mask)), mask)


@given(st.text(st.characters(min_codepoint=40, max_codepoint=120), max_size=30))
def test_any_text_is_a_mask_or_an_error(text):
    with contextlib.suppress(ValueError):
        assert coco_mask(text, ImageSize(5, 4)).shape == (4, 5)


def test_long_runs_pack_in_several_characters():
    mask = np.zeros((1000, 900), bool)
    mask[:, 400:] = True  # 400,000 without, then 500,000 with
    np.testing.assert_array_equal(coco_mask(coco_counts(mask), ImageSize(900, 1000)), mask)
    np.testing.assert_array_equal(coco_mask([400_000, 500_000], ImageSize(900, 1000)), mask)


@given(MASKS.filter(np.any))
def test_a_box_of_runs_comes_back(mask):
    np.testing.assert_array_equal(BoxRuns.of(mask).mask(size_of(mask)), mask)


def test_runs_of_a_box_by_hand():
    mask = np.zeros((4, 6), bool)
    mask[1, 2:4] = mask[2, [1, 3]] = True  # the box is columns 1 to 3 of rows 1 and 2: .XX and X.X
    assert BoxRuns.of(mask) == BoxRuns((1, 3, 1, 1), left=1, top=1, width=3, height=2)
    mask[1, 1] = True
    assert BoxRuns.of(mask).runs == (0, 4, 1, 1)
    with pytest.raises(ValueError, match="empty"):
        BoxRuns.of(np.zeros((4, 6), bool))
