"""Peaks put where they are known to be."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.models.bleedorigin.source_loss import gaussian_heat
from bleedkit.models.bleedorigin.sub_pixel import highest_point

WIDTH, HEIGHT = 40, 30


@given(
    st.floats(2.0, WIDTH - 2.0),
    st.floats(2.0, HEIGHT - 2.0),
    st.floats(1.0, 4.0),
)
def test_a_sampled_gaussian_is_found_where_it_is(x, y, sigma):
    columns, rows = np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5
    heat = 0.8 * np.exp(-((columns - x) ** 2 + (rows[:, None] - y) ** 2) / (2 * sigma**2))
    found = highest_point(torch.from_numpy(heat)[None, None]) * torch.tensor([WIDTH, HEIGHT])
    np.testing.assert_allclose(found[0], [x, y], atol=2e-3)


def test_the_top_of_a_parabola_through_three_logarithms():
    """Logs 0, 2, 1 about column 2: rise 2, fall 1, shift (2 - 1) / (2 (2 + 1)) = 1/6; rows alike on both sides: 0."""
    heat = torch.full((1, 1, 3, 5), 1e-6)
    heat[0, 0, 1, 1:4] = torch.tensor([0.0, 2.0, 1.0]).exp()
    heat[0, 0, (0, 2), 2] = 1.5
    np.testing.assert_allclose(highest_point(heat)[0], [(2.5 + 1 / 6) / 5, 1.5 / 3], rtol=1e-6)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (2, 4), (0, 4), (2, 0)])
def test_a_peak_in_a_corner_stays_in_its_cell(row, column):
    heat = torch.zeros(1, 1, 3, 5)
    heat[0, 0, row, column] = 1
    np.testing.assert_allclose(highest_point(heat)[0], [(column + 0.5) / 5, (row + 0.5) / 3], rtol=1e-6)


def test_flat_negative_and_steep_heat_give_finite_points_and_gradients():
    for heat in (torch.zeros(2, 1, 4, 6), -torch.rand(2, 1, 4, 6), 1e6 * torch.rand(2, 1, 4, 6)):
        heat.requires_grad_()
        point = highest_point(heat)
        point.sum().backward()
        assert torch.isfinite(point).all()
        assert torch.isfinite(heat.grad).all()


def test_the_gradient_pulls_the_peak_to_the_truth_and_touches_its_surroundings_alone():
    peak, truth = torch.tensor([[0.5, 0.5]]), torch.tensor([[0.55, 0.5]])
    heat = gaussian_heat(peak, (HEIGHT, WIDTH), sigma=0.05).requires_grad_()
    (highest_point(heat) - truth).square().sum().backward()
    down = -heat.grad[0, 0]
    # Centred on columns 19 | 20 and rows 14 | 15; the first of equal cells is the highest.
    right, left = down[:, 20:].sum(), down[:, :19].sum()
    assert right > 0 > left
    assert not down[:, :16].any()
    assert not down[:, 23:].any()
    before = (highest_point(heat.detach()) - truth).norm()
    after = (highest_point((heat + 50 * down).detach()) - truth).norm()
    assert after < before


def test_clips_of_a_batch_do_not_mix():
    points = torch.tensor([[0.2, 0.3], [0.81, 0.64], [0.5, 0.1]])
    found = highest_point(gaussian_heat(points, (HEIGHT, WIDTH), sigma=0.05))
    torch.testing.assert_close(found, points, atol=1e-4, rtol=0)
