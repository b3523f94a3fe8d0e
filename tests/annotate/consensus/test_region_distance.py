import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance

from bleedkit.annotate.consensus.region_distance import boundary_distance, dice, outline

from .conftest import square


def test_dice_by_hand():
    # 4x4 squares, two columns apart: 8 pixels in both, 2 * 8 / 32.
    assert dice(square(0, 0, 4), square(2, 0, 4)) == 0.5
    assert dice(square(0, 0, 4), square(0, 0, 0)) == 0
    assert np.isnan(dice(square(0, 0, 0), square(0, 0, 0)))


def test_the_outline_of_a_square_at_the_pictures_rim():
    assert outline(square(0, 0, 4)).sum() == 4 * 4 - 2 * 2


def test_one_pixel_regions_are_as_far_apart_as_their_centres():
    found = boundary_distance(square(1, 2, 1), square(4, 6, 1))
    assert (found.mean, found.hausdorff_95) == (5, 5)


def test_an_empty_region_has_no_outline():
    found = boundary_distance(square(0, 0, 4), square(0, 0, 0))
    assert np.isnan(found.mean)
    assert np.isnan(found.hausdorff_95)


@given(arrays(bool, (12, 15)), arrays(bool, (12, 15)))
def test_outlines_are_as_far_apart_as_monai_says(a, b):
    if not a.any() or not b.any():
        return
    masks = [torch.from_numpy(mask)[None, None] for mask in (a, b)]
    found = boundary_distance(a, b)
    mean = compute_average_surface_distance(*masks, include_background=True, symmetric=True)
    far = compute_hausdorff_distance(*masks, include_background=True, percentile=95)
    assert found.mean == pytest.approx(float(mean), abs=1e-4)
    assert found.hausdorff_95 == pytest.approx(float(far), abs=1e-4)


@given(st.integers(0, 40), st.integers(0, 30), st.integers(1, 9), st.integers(1, 9))
def test_order_does_not_matter(x, y, one, other):
    a, b = square(x, y, one), square(20, 15, other)
    assert boundary_distance(a, b) == boundary_distance(b, a)
    assert dice(a, b) == dice(b, a)
