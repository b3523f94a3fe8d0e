"""The task of any RegionPointModel on windows, with a model whose answers are known."""

from dataclasses import replace

import pytest
import torch

from bleedkit.benchmarks.training.clip_windows import Window
from bleedkit.benchmarks.training.task import ParameterGroup
from bleedkit.benchmarks.training.window_task import WindowTask
from bleedkit.models.bloodet.losses import LossWeights
from bleedkit.models.region_point_model import RegionPoint


class Constant(torch.nn.Module):
    """Says the same of every frame: region logits 0, the point in the middle, presence logit 0."""

    def __init__(self):
        super().__init__()
        self.value = torch.nn.Parameter(torch.zeros(()))
        self.seen = None

    def forward(self, clip):
        self.seen = clip
        batch, frames = clip.shape[:2]
        zeros = torch.zeros(batch, frames) + self.value
        return RegionPoint(
            zeros[..., None, None, None].expand(-1, -1, 1, 8, 8), 0.5 + zeros[..., None].expand(-1, -1, 2), zeros
        )


@pytest.fixture
def batch():
    """Two frames: all of the first bleeds, from (0.9, 0.5); nothing of the second."""
    frames = torch.full((1, 2, 3, 8, 8), 51, dtype=torch.uint8)
    masks = torch.zeros(1, 2, 1, 8, 8, dtype=torch.uint8)
    masks[:, 0] = 1
    yes = torch.ones(1, 2, dtype=torch.bool)
    point = torch.tensor([[[0.9, 0.5], [0.0, 0.0]]])
    return Window(frames, masks, yes, point, torch.tensor([[True, False]]), yes)


def task(model, **more):
    return WindowTask(model, None, [ParameterGroup("all", tuple(model.parameters()), 1e-3)], **more)


def test_the_losses_are_those_of_eqs_12_and_13_by_hand(batch):
    model = Constant()
    made = task(model, weights=LossWeights(point=2.0))
    (phase,) = made.phases
    losses = made.losses(batch, phase)
    torch.testing.assert_close(model.seen, torch.full((1, 2, 3, 8, 8), 0.2))
    # A chance of 1/2 everywhere: focal alpha * (1/2)^2 * ln 2 with alpha 0.75 and 0.25, Dice 1 - 2 (1/2) / (3/2) and 1.
    ln2 = 0.69314718
    region = (0.75 + 0.25) / 2 * 0.25 * ln2 + (1 - 2 / 3 + 1) / 2
    # Smooth L1 of (0.4, 0) is 0.08 and 0, of one visible point; presence is ln 2 on both.
    point = 2 * 0.04 + ln2
    assert losses["region"].item() == pytest.approx(region, abs=1e-5)
    assert losses["point"].item() == pytest.approx(point, abs=1e-5)


def test_what_nobody_looked_at_costs_nothing_and_still_has_a_gradient(batch):
    made = task(Constant())
    none = torch.zeros(1, 2, dtype=torch.bool)
    losses = made.losses(replace(batch, mask_known=none, point_known=none), made.phases[0])
    for loss in losses.values():
        assert loss.item() == 0
        assert loss.requires_grad


def test_a_frame_nobody_labelled_teaches_nothing(batch):
    made = task(Constant())
    half = torch.tensor([[True, False]])
    sparse = replace(batch, mask_known=half, point_known=half)
    other = replace(sparse, masks=torch.ones_like(batch.masks), present=torch.ones_like(batch.present))
    for one, two in zip(
        made.losses(sparse, made.phases[0]).values(), made.losses(other, made.phases[0]).values(), strict=True
    ):
        torch.testing.assert_close(one, two)


def test_all_groups_move_in_one_step():
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Linear(1, 1))
    groups = [ParameterGroup(name, tuple(part.parameters()), 1e-3) for name, part in zip("ab", model, strict=True)]
    made = WindowTask(model, None, groups)
    assert [phase.groups for phase in made.phases] == [("a", "b")]
    assert made.parameter_groups() == tuple(groups)
