"""Masks on the grid, beside what SurgBlood's evaluation does with them, in torchvision's words."""

import numpy as np
import pytest
from bleedkit_test_layouts.region_tables import blob
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from torchvision import transforms

from bleedkit.benchmarks.predictions.mask_code import GRID, decode_mask, encode_mask, on_grid


def as_surgblood_evaluates(mask):
    """A grey picture of 0 and 255 through Resize and ToTensor, cut above 0.5."""
    grey = Image.fromarray(mask.astype(np.uint8) * 255)
    steps = transforms.Compose([transforms.Resize((512, 512)), transforms.ToTensor()])
    return (steps(grey)[0] > 0.5).numpy()


@pytest.mark.parametrize("size", [(720, 1280), (480, 640), (1080, 1240), (90, 120)])
def test_a_mask_is_stretched_as_the_authors_do(size):
    rng = np.random.default_rng(7)
    mask = np.asarray(Image.fromarray(blob(rng)).resize(size[::-1]))
    mask = mask ^ (rng.random(size) < 0.02)  # single pixels, where ways of shrinking differ most
    np.testing.assert_array_equal(on_grid(mask), as_surgblood_evaluates(mask))
    assert decode_mask(encode_mask(mask)).sum() == on_grid(mask).sum() > 0


@given(
    st.integers(1, 40).flatmap(lambda side: arrays.arrays(np.bool_, (side, 17))),
    st.integers(0, GRID - 40),
    st.integers(0, GRID - 17),
)
def test_what_is_encoded_comes_back(patch, top, left):
    mask = np.zeros((GRID, GRID), bool)
    mask[top : top + len(patch), left : left + 17] = patch
    np.testing.assert_array_equal(decode_mask(encode_mask(mask)), mask)


@pytest.mark.parametrize("bad", [np.zeros((4, 4), np.uint8), np.zeros((1, 4, 4), bool)])
def test_what_is_no_mask_is_refused(bad):
    with pytest.raises(ValueError, match=r"\(H, W\) bool"):
        encode_mask(bad)
