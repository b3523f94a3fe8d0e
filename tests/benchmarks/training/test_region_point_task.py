"""BlooDet's two branches in turn, on random frames at its smallest size."""

from dataclasses import replace

import pytest
import torch

from bleedkit.benchmarks.training.clip_windows import Window
from bleedkit.benchmarks.training.region_point_task import ENCODER, MASK, POINT, RegionPointTask
from bleedkit.models.bloodet.losses import RegionPointTruth, mask_branch_loss, point_branch_loss
from bleedkit.models.bloodet.network import BlooDet
from bleedkit.models.bloodet.size import TINY


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return BlooDet(flow=None, size=TINY, motion="none").eval()


@pytest.fixture
def batch():
    rng = torch.Generator().manual_seed(1)
    frames = torch.randint(0, 256, (1, 2, 3, 128, 128), dtype=torch.uint8, generator=rng)
    masks = torch.zeros(1, 2, 1, 128, 128, dtype=torch.uint8)
    masks[:, :, :, 30:80, 40:90] = 1
    yes = torch.ones(1, 2, dtype=torch.bool)
    return Window(frames, masks, yes, torch.full((1, 2, 2), 0.4), yes, yes)


def test_every_parameter_is_in_one_group(model):
    groups = RegionPointTask(model, None).parameter_groups()
    assert [(group.name, group.learning_rate) for group in groups] == [(ENCODER, 5e-6), (MASK, 5e-4), (POINT, 5e-4)]
    names = [id(parameter) for group in groups for parameter in group.parameters]
    assert len(names) == len(set(names))
    assert set(names) == {id(parameter) for parameter in model.parameters()}


def test_each_phase_has_the_loss_of_its_branch(model, batch):
    task = RegionPointTask(model, None)
    mask, point = (task.losses(batch, phase) for phase in task.phases)
    found = model(batch.frames.float() / 255)
    truth = RegionPointTruth(batch.masks.float(), batch.point, batch.present)
    assert list(mask) == ["mask branch"]
    assert list(point) == ["point branch"]
    torch.testing.assert_close(mask["mask branch"], mask_branch_loss(found, truth))
    torch.testing.assert_close(point["point branch"], point_branch_loss(found, truth))


def test_a_frame_nobody_labelled_teaches_nothing(model, batch):
    task = RegionPointTask(model, None)
    half = torch.tensor([[True, False]])
    sparse = replace(batch, mask_known=half, point_known=half)
    other = replace(sparse, masks=sparse.masks.clone(), point=sparse.point.clone())
    other.masks[0, 1], other.point[0, 1] = 1, 0.9
    for phase in task.phases:
        (one,), (two,) = task.losses(sparse, phase).values(), task.losses(other, phase).values()
        torch.testing.assert_close(one, two)
    truth = RegionPointTruth(batch.masks[:, :1].float(), batch.point[:, :1], batch.present[:, :1])
    found = model(batch.frames[:, :1].float() / 255)
    torch.testing.assert_close(task.losses(sparse, task.phases[0])["mask branch"], mask_branch_loss(found, truth))


def test_a_window_without_any_label_of_a_kind_is_a_zero_with_a_gradient(model, batch):
    task = RegionPointTask(model, None)
    none = torch.zeros(1, 2, dtype=torch.bool)
    for phase in task.phases:
        (loss,) = task.losses(replace(batch, mask_known=none, point_known=none), phase).values()
        assert loss.item() == 0
        assert loss.requires_grad


def test_the_released_codes_form_takes_one_step_on_the_sum(batch):
    model = BlooDet(flow=None, size=TINY, motion="none", variant="code").eval()
    task = RegionPointTask(model, None)
    (phase,) = task.phases
    assert list(task.losses(batch, phase)) == ["mask branch", "point branch"]
