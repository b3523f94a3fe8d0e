"""Eq. 5 on maps of two cells, worked by hand."""

import math

import pytest
import torch

from bleedkit.models.bleedorigin.source_loss import gaussian_heat, source_loss
from bleedkit.models.source_model import Source

# Two cells side by side, centres 1/4 and 3/4; sigma half a map's width, one cell. A source in the left one's centre
# has heat 1 there and exp(-1/2) in the other.
TRUTH = torch.tensor([[0.25, 0.5]])
OTHER = math.exp(-0.5)
SIGMA = 0.5


def test_a_gaussian_is_1_at_its_point_and_round_in_cells():
    heat = gaussian_heat(torch.tensor([[[0.25, 0.5]], [[0.75, 0.5]]]), (1, 2), sigma=SIGMA)
    torch.testing.assert_close(heat, torch.tensor([[[[[1.0, OTHER]]]], [[[[OTHER, 1.0]]]]]))
    # Cells 2 right and 3 down of the point's in a map of 8 by 4: exp(-(4 + 9) / (2 * (0.25 * 4) ** 2)).
    tall = gaussian_heat(torch.tensor([1.5 / 4, 2.5 / 8]), (8, 4), sigma=0.25)
    assert tall.shape == (1, 8, 4)
    torch.testing.assert_close(tall[0, 5, 3], torch.tensor(math.exp(-13 / 2)))


def test_the_three_terms_are_weighed_as_in_the_paper():
    source = Source(torch.zeros(1, 1, 1, 2), torch.tensor([[0.65, 0.2]]))
    pseudo_heat = torch.tensor([[[[1.0, 0.0]]], [[[0.5, 1.0]]]])
    pseudo_truth = torch.tensor([[0.25, 0.5], [0.75, 0.5]])
    real = (1 + OTHER**2) / 2
    pseudo = (((0 - OTHER) ** 2) / 2 + ((0.5 - OTHER) ** 2) / 2) / 2
    huber = (0.5 * 0.4**2 + 0.5 * 0.3**2) / 2
    found = source_loss(source, TRUTH, pseudo_heat, pseudo_truth, sigma=SIGMA)
    assert found.item() == pytest.approx(0.5 * real + 0.5 * pseudo + huber, rel=1e-6)
    weighed = source_loss(source, TRUTH, pseudo_heat, pseudo_truth, lambda1=2, lambda2=3, delta=5, sigma=SIGMA)
    assert weighed.item() == pytest.approx(2 * real + 3 * pseudo + 5 * huber, rel=1e-6)


def test_without_pseudo_labels_their_term_is_left_out():
    source = Source(gaussian_heat(TRUTH, (1, 2), SIGMA), TRUTH)
    none = torch.zeros(0, 1, 1, 2), torch.zeros(0, 2)
    assert source_loss(source, TRUTH, *none, sigma=SIGMA) == 0
    wrong = Source(source.heat, torch.tensor([[0.25, 0.9]]))
    assert source_loss(wrong, TRUTH, *none, sigma=SIGMA).item() == pytest.approx(0.5 * 0.4**2 / 2, rel=1e-6)


def test_gradients_reach_heat_and_point():
    heat = torch.rand(1, 1, 1, 2, requires_grad=True)
    point = torch.rand(1, 2, requires_grad=True)
    pseudo = torch.rand(3, 1, 1, 2, requires_grad=True)
    source_loss(Source(heat, point), TRUTH, pseudo, TRUTH.expand(3, 2), sigma=SIGMA).backward()
    assert all(each.grad.abs().max() > 0 for each in (heat, point, pseudo))
