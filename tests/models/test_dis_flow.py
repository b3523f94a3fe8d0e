"""DIS finds a motion that is known exactly, at the working picture's scale."""

import numpy as np
import pytest
from bleedkit_test_layouts.moving_surface import surface

from bleedkit.models.dis_flow import DisFlow


def flow_between(shift, size=(260, 200), width=480):
    model = DisFlow(width=width)
    zoom = size[0] / 260
    first, second = surface(size=size, zoom=zoom), surface(shift, size, zoom=zoom)
    return model.flow(model.encode(first), model.encode(second))


@pytest.mark.parametrize("shift", [(0, 0), (2.25, -1.5), (-6, 4.5)])
def test_a_shift_is_found(shift):
    flow = flow_between(shift)
    assert flow.shape == (200, 260, 2)
    assert flow.dtype == np.float32
    inside = flow[15:-15, 15:-15]
    np.testing.assert_allclose(inside.mean((0, 1)), shift, atol=0.03)
    assert np.abs(inside - shift).max() < 0.25


def test_a_large_frame_answers_in_pixels_of_its_working_picture():
    flow = flow_between((8.0, -4.0), (1040, 800), width=260)
    assert flow.shape == (200, 260, 2)
    np.testing.assert_allclose(flow[15:-15, 15:-15].mean((0, 1)), (8 / 4, -4 / 4), atol=0.03)


def test_asking_again_or_for_another_pair_between_changes_nothing():
    model = DisFlow(width=480)
    first, second, third = (model.encode(surface((3.0 * t, 0))) for t in range(3))
    once = model.flow(first, second)
    model.flow(third, first)
    np.testing.assert_array_equal(model.flow(first, second), once)
