"""Runs beside the pictures they stand for: pycocotools decodes, NumPy counts, SciPy erodes."""

import numpy as np
import pytest
from bleedkit_test_layouts.region_tables import EMPTY, blob, rectangle
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco
from scipy.ndimage import binary_erosion

from bleedkit.benchmarks.predictions.mask_code import GRID, encode_mask
from bleedkit.benchmarks.predictions.mask_runs import BadCodeError, edges, mask_runs, shared_area

FULL = rectangle(0, 0, GRID, GRID)


def noise(rng):
    return rng.random((GRID, GRID)) < rng.uniform(0.01, 0.99)


@pytest.fixture(scope="module")
def masks():
    rng = np.random.default_rng(3)
    odd = [EMPTY, FULL, ~EMPTY & ~rectangle(5, 5, 9, 9), rectangle(0, 0, 1, 1), rectangle(511, 511, 512, 512)]
    bars = [rectangle(0, 100, 512, 103), rectangle(100, 0, 102, 512), rectangle(3, 500, 9, 512), rectangle(0, 0, 9, 9)]
    return [*odd, *bars, *(blob(rng) for _ in range(6)), noise(rng), noise(rng), EMPTY]


def eroded(mask):
    """What is not edge: all four neighbours are in the mask, and nothing beyond the picture is."""
    return binary_erosion(mask, border_value=0)


def test_areas_and_overlaps_are_those_of_the_pictures(masks):
    runs, turned = mask_runs([encode_mask(mask) for mask in masks]), masks[5:] + masks[:5]
    assert runs.area().tolist() == [mask.sum() for mask in masks]
    others = mask_runs([encode_mask(mask) for mask in turned])
    assert shared_area(runs, others).tolist() == [(a & b).sum() for a, b in zip(masks, turned, strict=True)]


def test_edges_are_what_erosion_takes_away(masks):
    whose, place = edges(mask_runs([encode_mask(mask) for mask in masks]))
    assert (np.diff(whose) >= 0).all()
    for i, mask in enumerate(masks):
        drawn = np.zeros_like(mask)
        drawn[place[whose == i, 1], place[whose == i, 0]] = True
        assert (whose == i).sum() == drawn.sum()  # no pixel twice
        np.testing.assert_array_equal(drawn, mask & ~eroded(mask))


@settings(max_examples=50)
@given(st.lists(st.tuples(*[st.integers(0, GRID)] * 4), max_size=8))
def test_any_pile_of_rectangles(corners):
    mask = EMPTY.copy()
    for x0, y0, x1, y1 in corners:
        mask ^= rectangle(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    runs = mask_runs([encode_mask(mask)])
    assert runs.area()[0] == mask.sum()
    assert len(edges(runs)[0]) == (mask & ~eroded(mask)).sum()


def test_no_masks_are_no_runs():
    assert mask_runs([]).area().shape == shared_area(mask_runs([]), mask_runs([])).shape == (0,)
    assert edges(mask_runs([]))[1].shape == (0, 2)


def test_the_written_form_by_hand():
    # 262144 = 2**18 is 0b01000 00000 00000 00000 in fives, low ones first, three that go on: 32 + 48 = "P".
    assert encode_mask(EMPTY) == b"PPP8"
    # 0 pixels outside, then all of them.
    assert encode_mask(FULL) == b"0PPP8"
    # 513 outside, 2 inside, 261629 outside; the fourth number would be the first written as a difference.
    assert mask_runs([encode_mask(rectangle(1, 1, 2, 3))]).start.tolist() == [513]


BROKEN = {
    "nothing at all": b"",
    "a number that does not end": b"PPPX",
    "too few pixels": b"5",
    "too many pixels": b"0PPP8PPP8",
    "an empty run": b"5005",
    "a character of no number": b"PPP8 ",
    "a letter beyond": b"PPP\xff",
    "a number too long": b"P" * 30 + b"1",
    "a negative run": b"PPP8O",
}


@pytest.mark.parametrize("code", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_code_is_named(code):
    with pytest.raises(BadCodeError, match="512x512") as caught:
        mask_runs([encode_mask(FULL), code, encode_mask(EMPTY)])
    assert caught.value.place == 1


@given(st.binary(max_size=40))
def test_bytes_from_anywhere_are_refused_or_fill_the_grid(code):
    try:
        runs = mask_runs([code])
    except BadCodeError:
        return
    assert runs.area()[0] == coco.area({"size": [GRID, GRID], "counts": code})
