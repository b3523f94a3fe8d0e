"""Eq. 5 against loops over every pixel."""

import math

import pytest
import torch

from bleedkit.models.bloodet.camera_motion import motion_weight, view_offset
from bleedkit.models.bloodet.variant import CODE, PAPER


def test_eq5_is_the_mean_over_all_pixels_of_one_minus_the_mask_times_the_flow():
    flow = torch.tensor([[[[2.0, 4.0], [6.0, 8.0]], [[-1.0, -2.0], [-3.0, -4.0]]]])
    mask = torch.tensor([[[[0.0, 1.0], [0.5, 0.25]]]])
    offset = view_offset(flow, 1 - mask, PAPER)
    # (2 * 1 + 4 * 0 + 6 * 0.5 + 8 * 0.75) / 4 and (-1 - 1.5 - 3) / 4
    torch.testing.assert_close(offset, torch.tensor([[11 / 4, -5.5 / 4]]))


def test_the_released_code_divides_by_the_background_alone():
    flow = torch.tensor([[[[2.0, 4.0], [6.0, 8.0]], [[-1.0, -2.0], [-3.0, -4.0]]]])
    weight = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]]])
    torch.testing.assert_close(view_offset(flow, weight, CODE), torch.tensor([[(2 + 8) / 2, (-1 - 4) / 2]]))


@pytest.mark.parametrize(("motion", "chance"), [("background", 0.2), ("foreground", 0.8), ("global", 1.0)])
def test_the_papers_weights_are_chances(motion, chance):
    logits = torch.full((1, 1, 2, 2), math.log(0.8 / 0.2))
    torch.testing.assert_close(motion_weight(logits, motion, 4, PAPER), torch.full((1, 1, 4, 4), chance))


@pytest.mark.parametrize(("motion", "row"), [("background", [1, 1, 0, 0]), ("foreground", [0, 0, 1, 1])])
def test_the_released_codes_weights_are_0_or_1(motion, row):
    # Enlarged bilinearly to four columns: -3, -1.975, 0.075 and 1.1; what is not above 0 is background.
    logits = torch.tensor([[[[-3.0, 1.1]]]])
    torch.testing.assert_close(motion_weight(logits, motion, 4, CODE), torch.tensor(row).float().expand(1, 1, 4, 4))


def test_each_clip_of_a_batch_has_its_own_offset():
    flow, weight = torch.randn(3, 2, 5, 7), torch.rand(3, 1, 5, 7)
    for form in (PAPER, CODE):
        alone = torch.cat([view_offset(flow[i : i + 1], weight[i : i + 1], form) for i in range(3)])
        torch.testing.assert_close(view_offset(flow, weight, form), alone)
