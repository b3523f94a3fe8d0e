"""Eq. 8 worked by hand."""

import pytest
import torch

from bleedkit.models.bleedorigin.track_loss import track_loss

PREDICTED = torch.tensor([[[10.0, 20.0], [3.0, 4.0]], [[0.0, 0.5], [7.0, 7.0]]])  # 2 frames of 2 points
TARGET = torch.tensor([[[10.5, 22.0], [3.0, 4.0]], [[-4.0, 0.5], [torch.nan, torch.nan]]])
HUMAN = torch.tensor([[True, False], [False, False]])
PSEUDO = torch.tensor([[False, True], [True, False]])


def test_human_labels_count_06_and_pseudo_labels_04():
    human = (0.5 * 0.5**2 + (2 - 0.5)) / 2  # 0.5 px off: quadratic; 2 px off: linear
    pseudo = ((0 + 0) / 2 + ((4 - 0.5) + 0) / 2) / 2
    found = track_loss(PREDICTED, TARGET, HUMAN, PSEUDO)
    assert found.item() == pytest.approx(0.6 * human + 0.4 * pseudo, rel=1e-6)
    found = track_loss(PREDICTED, TARGET, HUMAN, PSEUDO, omega1=2, omega2=3, delta=4)
    human, pseudo = (0.5 * 0.25 + 0.5 * 4) / 2, (0.5 * 16) / 4
    assert found.item() == pytest.approx(2 * human + 3 * pseudo, rel=1e-6)


def test_a_kind_without_labels_counts_nothing_and_unlabelled_targets_are_never_read():
    none = torch.zeros_like(HUMAN)
    predicted = PREDICTED.clone().requires_grad_()
    loss = track_loss(predicted, TARGET, HUMAN, none)
    assert loss.item() == pytest.approx(0.6 * (0.125 + 1.5) / 2, rel=1e-6)
    (loss + track_loss(predicted, TARGET, none, none)).backward()
    # Huber's slope over 2 coordinates: -0.5 within 1 px, -1 beyond.
    torch.testing.assert_close(predicted.grad[0, 0], 0.6 * torch.tensor([-0.5, -1.0]) / 2)
    assert not predicted.grad[1].any()
    assert not predicted.grad[0, 1].any()
