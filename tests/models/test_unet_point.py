"""The U-Net with a point head: its point is a mean of cells, it is online, and it learns what it is shown."""

import math

import pytest
import torch

from bleedkit.models.bloodet.losses import LossWeights, RegionPointTruth, mask_branch_loss, point_branch_loss
from bleedkit.models.unet_point import UnetPoint, soft_argmax


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return UnetPoint(encoder="tu-resnet10t", channels=(16, 16, 8)).eval()


@pytest.fixture(scope="module")
def clip():
    return torch.rand(2, 5, 3, 64, 96, generator=torch.Generator().manual_seed(1))


def test_the_soft_argmax_is_the_mean_place_of_the_cells():
    heat = torch.full((1, 2, 4), -torch.inf)
    heat[0, 0, 1] = 0.0
    torch.testing.assert_close(soft_argmax(heat), torch.tensor([[1.5 / 4, 0.5 / 2]]))
    heat[0, 1, 3] = math.log(3)  # three times as heavy: x (1.5 + 3 * 3.5) / 4 of 4, y (0.5 + 3 * 1.5) / 4 of 2
    torch.testing.assert_close(soft_argmax(heat), torch.tensor([[12 / 16, 5 / 8]]))
    torch.testing.assert_close(soft_argmax(torch.zeros(1, 5, 9)), torch.tensor([[0.5, 0.5]]))


def test_answers_have_their_shapes_and_points_lie_in_the_picture(model, clip):
    with torch.no_grad():
        found = model(clip)
    assert found.mask_logits.shape == (2, 5, 1, 64, 96)
    assert found.presence_logit.shape == (2, 5)
    assert found.point.shape == (2, 5, 2)
    assert (found.point > 0).all() and (found.point < 1).all()


def test_steps_equal_the_clip_call_and_nothing_is_remembered(model, clip):
    with torch.no_grad():
        whole = model(clip)
        for at in range(clip.shape[1]):
            found, state = model.step(clip[:, at], model.start())
            assert state is None
            torch.testing.assert_close(found.mask_logits, whole.mask_logits[:, at], atol=1e-4, rtol=0)
            torch.testing.assert_close(found.point, whole.point[:, at], atol=1e-4, rtol=0)
            torch.testing.assert_close(found.presence_logit, whole.presence_logit[:, at], atol=1e-4, rtol=0)


def test_the_same_seed_gives_the_same_network(clip):
    def answer():
        torch.manual_seed(3)
        made = UnetPoint(encoder="tu-resnet10t", channels=(16, 16, 8)).eval()
        with torch.no_grad():
            return made(clip[:1, :1]).mask_logits

    torch.testing.assert_close(answer(), answer(), atol=0, rtol=0)


def test_every_parameter_learns(clip):
    torch.manual_seed(0)
    made = UnetPoint(encoder="tu-resnet10t", channels=(16, 16, 8))
    found = made(clip)
    (found.mask_logits.square().sum() + found.point.square().sum() + found.presence_logit.sum()).backward()
    assert [name for name, parameter in made.named_parameters() if parameter.grad is None] == []


def test_the_full_network_has_the_published_resnet_34():
    """24,436,369 are smp's own for one class at this size; 144 + 1 more draw the heat, 512 + 1 say presence."""
    assert sum(parameter.numel() for parameter in UnetPoint().parameters()) == 24_436_369 + 145 + 513


def test_it_learns_four_frames_by_heart():
    torch.manual_seed(0)
    made = UnetPoint(encoder="tu-resnet10t", channels=(32, 16, 8))
    frames, truth = squares()
    optimiser = torch.optim.Adam(made.parameters(), 3e-3)
    for _ in range(80):
        found = made(frames)
        loss = mask_branch_loss(found, truth) + point_branch_loss(found, truth, LossWeights(point=10.0))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        found = made.eval()(frames)
    inside, true = found.mask_logits > 0, truth.mask > 0
    assert float((inside & true).sum() / (inside | true).sum()) > 0.8
    assert float((found.point - truth.point).norm(dim=-1)[truth.present].max()) < 0.05
    assert ((found.presence_logit > 0) == truth.present).all()


def squares():
    """Four frames of noise, 64 px; the first three have a red square, each elsewhere, whose middle is the source."""
    frames = 0.3 * torch.rand(1, 4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    mask, point = torch.zeros(1, 4, 1, 64, 64), torch.zeros(1, 4, 2)
    for at, (x, y) in enumerate([(8, 8), (40, 16), (20, 44)]):
        frames[0, at, 0, y : y + 16, x : x + 16] = 1.0
        mask[0, at, 0, y : y + 16, x : x + 16] = 1
        point[0, at] = torch.tensor([(x + 8) / 64, (y + 8) / 64])
    return frames, RegionPointTruth(mask, point, torch.tensor([[True, True, True, False]]))
