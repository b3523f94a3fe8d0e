"""Eqs. 12 and 13 by hand."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from bleedkit.models.bloodet.losses import (
    CODE_WEIGHTS,
    LossWeights,
    RegionPointTruth,
    dice_loss,
    edge_target,
    focal_loss,
    map_loss,
    mask_branch_loss,
    point_branch_loss,
    point_loss,
    presence_loss,
)
from bleedkit.models.region_point_model import RegionPoint


def logit(chance: float) -> float:
    return math.log(chance / (1 - chance))


def test_focal_loss_by_hand():
    logits = torch.tensor([[[[logit(0.9), logit(0.2)]]]])
    target = torch.tensor([[[[1.0, 0.0]]]])
    expected = (0.75 * 0.1**2 * -math.log(0.9) + 0.25 * 0.2**2 * -math.log(0.8)) / 2
    assert focal_loss(logits, target).item() == pytest.approx(expected, rel=1e-4)


def test_dice_loss_by_hand():
    logits = torch.tensor([[[[logit(0.5), logit(0.25)]]], [[[logit(0.5), logit(0.5)]]]])
    target = torch.tensor([[[[1.0, 0.0]]], [[[0.0, 0.0]]]])
    # 1 - 2 * 0.5 / (0.75 + 1), and an empty map that is not found so: 1.
    assert dice_loss(logits, target).item() == pytest.approx((1 - 1 / 1.75 + 1) / 2, rel=1e-4)


def test_targets_are_made_as_small_as_the_logits_pixel_for_pixel():
    target = torch.zeros(1, 2, 1, 4, 4)
    target[0, 0, 0, :2, :3] = 1
    small = torch.tensor([[[[1.0, 0.5], [0.0, 0.0]]], [[[0.0, 0.0], [0.0, 0.0]]]])
    logits = torch.randn(1, 2, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    expected = focal_loss(logits[0], small) + dice_loss(logits[0], small)
    assert map_loss(logits, target).item() == pytest.approx(expected.item())


def test_points_count_where_there_are_some():
    point = torch.tensor([[[0.5, 0.5], [0.9, 0.1], [0.2, 0.2]]])
    target = torch.tensor([[[0.6, 0.3], [math.nan, math.nan], [0.2, 1.2]]])
    present = torch.tensor([[True, False, True]])
    # Smooth L1 below 1 is half the square; mean over x and y.
    frames = [(0.5 * 0.1**2 + 0.5 * 0.2**2) / 2, (0 + 0.5 * 1.0**2) / 2]
    assert point_loss(point, target, present).item() == pytest.approx(sum(frames) / 2)
    assert point_loss(point, target, present, per_clip=True).item() == pytest.approx(sum(frames))


def test_per_clip_sums_over_a_clip_and_not_over_the_batch():
    point, target = torch.zeros(2, 3, 2), torch.ones(2, 3, 2)
    assert point_loss(point, target, torch.ones(2, 3, dtype=torch.bool), per_clip=True).item() == 3 * 0.5


def test_no_point_anywhere_costs_nothing_and_can_be_learnt_from():
    point = torch.full((1, 2, 2), 0.5, requires_grad=True)
    loss = point_loss(point, torch.zeros(1, 2, 2), torch.zeros(1, 2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0 and not point.grad.any()


def test_presence_is_binary_cross_entropy():
    loss = presence_loss(torch.tensor([[logit(0.8), logit(0.3)]]), torch.tensor([[True, False]]))
    assert loss.item() == pytest.approx((-math.log(0.8) - math.log(0.7)) / 2)


def test_eqs_12_and_13_weigh_their_terms():
    made = torch.Generator().manual_seed(1)
    found = RegionPoint(
        torch.randn(1, 3, 1, 8, 8, generator=made),
        torch.rand(1, 3, 2, generator=made),
        torch.randn(1, 3, generator=made),
        torch.randn(1, 3, 1, 8, 8, generator=made),
    )
    mask = torch.zeros(1, 3, 1, 32, 32)
    mask[..., 8:20, 4:16] = 1
    truth = RegionPointTruth(mask, torch.rand(1, 3, 2, generator=made), torch.tensor([[True, True, False]]))
    region, edge = map_loss(found.mask_logits, mask), map_loss(found.edge_logits, edge_target(mask))
    points, presence = (
        point_loss(found.point, truth.point, truth.present),
        presence_loss(found.presence_logit, truth.present),
    )
    torch.testing.assert_close(mask_branch_loss(found, truth), region + edge)
    torch.testing.assert_close(point_branch_loss(found, truth), 0.5 * points + presence)
    torch.testing.assert_close(mask_branch_loss(found, truth, CODE_WEIGHTS), region + 0.5 * edge)
    # Two frames of one clip have a point: their sum is twice their mean.
    torch.testing.assert_close(point_branch_loss(found, truth, CODE_WEIGHTS), 2 * points + presence)
    doubled = LossWeights(region=2, presence=3)
    torch.testing.assert_close(mask_branch_loss(found, truth, doubled), 2 * region + edge)
    torch.testing.assert_close(point_branch_loss(found, truth, doubled), 0.5 * points + 3 * presence)
    without = RegionPoint(found.mask_logits, found.point, found.presence_logit)
    torch.testing.assert_close(mask_branch_loss(without, truth), region)
    given = RegionPointTruth(mask, truth.point, truth.present, edge=mask)
    torch.testing.assert_close(mask_branch_loss(found, given), region + map_loss(found.edge_logits, mask))


def test_edges_are_the_morphological_gradient():
    mask = np.zeros((12, 14), np.float32)
    mask[3:8, 5:11] = 1
    mask[0, 0] = mask[11, 2:5] = 1
    wanted = ndimage.grey_dilation(mask, (3, 3)) - ndimage.grey_erosion(mask, (3, 3), mode="nearest")
    found = edge_target(torch.from_numpy(mask)[None, None])
    np.testing.assert_array_equal(found[0, 0].numpy(), wanted)
    assert not edge_target(torch.ones(2, 1, 4, 4)).any()
