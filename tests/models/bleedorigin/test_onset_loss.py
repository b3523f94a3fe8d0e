import math

import pytest
import torch

from bleedkit.models.bleedorigin.onset_decode import decode_onset
from bleedkit.models.bleedorigin.onset_loss import OnsetTargets, onset_loss, onset_targets
from bleedkit.models.onset_model import OnsetWindows


def test_targets_by_hand():
    # Windows of 4 start at 0..4. The onset at 5 is in those that start at 2, 3, 4: there it is frame 3, 2, 1.
    targets = onset_targets(torch.tensor([5, -1, 1]), windows=5, window=4)
    assert targets.holds.tolist() == [[0, 0, 1, 1, 1], [0] * 5, [1, 1, 0, 0, 0]]
    assert targets.position[0].tolist() == [0, 0, 3.5 / 4, 2.5 / 4, 1.5 / 4]
    assert targets.position[1].tolist() == [0] * 5
    assert targets.position[2].tolist() == [1.5 / 4, 0.5 / 4, 0, 0, 0]


def test_the_papers_clips():
    # 150 frames, onset at 120, N = 60: windows start at 0..90 and hold frame 120 from 61 on.
    holds = onset_targets(torch.tensor([120]), windows=91, window=60).holds[0]
    assert holds[:61].sum() == 0
    assert holds[61:].sum() == 30


def test_what_the_targets_say_is_decoded_to_the_onset():
    for onset in range(19):
        targets = onset_targets(torch.tensor([onset]), windows=12, window=8)
        assert decode_onset(targets.position[0], targets.holds[0] - 0.5, 8) == onset


def test_eq_4_by_hand():
    # Two windows of 60 frames. Without the onset, S = 0.25: -log(0.75), whatever the position.
    # With it, S = 0.5: -log(0.5), and 60 * 0.55 = 33 against 30: 3 frames off, squared 9. Mean of both windows.
    said = OnsetWindows(torch.tensor([[0.9, 0.55]]), torch.logit(torch.tensor([[0.25, 0.5]])))
    targets = OnsetTargets(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.0, 0.5]]))
    expected = (-math.log(0.75) - math.log(0.5) + 9) / 2
    assert float(onset_loss(said, targets, window=60)) == pytest.approx(expected, rel=1e-5)


def test_a_window_without_the_onset_teaches_no_position():
    position = torch.tensor([[0.3, 0.3]], requires_grad=True)
    logit = torch.zeros(1, 2, requires_grad=True)
    targets = OnsetTargets(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.0, 0.5]]))
    onset_loss(OnsetWindows(position, logit), targets, window=10).backward()
    # d/d theta of (10 * (theta - 0.5))^2 / 2 windows is 100 * (theta - 0.5); of BCE, (S - target) / 2.
    assert torch.allclose(position.grad, torch.tensor([[0.0, -20.0]]))
    assert torch.allclose(logit.grad, torch.tensor([[0.25, -0.25]]))
