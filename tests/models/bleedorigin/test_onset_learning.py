"""The network, its loss, the random skip and the decoding together: a small one learns where blood appears."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from bleedkit.models.bleedorigin.onset_decode import decode_onset
from bleedkit.models.bleedorigin.onset_loss import onset_loss, onset_targets
from bleedkit.models.bleedorigin.onset_network import OnsetNetwork
from bleedkit.models.bleedorigin.random_skip import skipped_frames

FRAMES, WINDOW, SIZE, STEPS = 32, 16, (24, 32), 120
ONSETS = (20, 22, 25, 27)


def no_motion(previous, current):
    return torch.zeros_like(previous[:, :2])


def bleeding_clips(rng):
    """Blurred tissue under noise, and from each clip's onset on a red patch somewhere, which grows."""
    tissue = F.interpolate(torch.rand(len(ONSETS), 3, 6, 8, generator=rng), SIZE, mode="bilinear") / 2 + 0.25
    clips = tissue[:, None] + 0.02 * torch.randn(len(ONSETS), FRAMES, 3, *SIZE, generator=rng)
    for clip, onset in zip(clips, ONSETS, strict=True):
        y, x = torch.randint(2, 14, (2,), generator=rng).tolist()
        for frame in range(onset, FRAMES):
            side = min(2 + (frame - onset) // 2, 6)
            clip[frame, :, y : y + side, x : x + side] = torch.tensor([0.8, 0.1, 0.1])[:, None, None]
    return clips.clamp(0, 1)


@torch.no_grad()
def decoded(model, clips):
    said = model.eval()(clips)
    windows = zip(said.position, said.confidence_logit, strict=True)
    return [decode_onset(position, logit, WINDOW) for position, logit in windows]


@pytest.mark.slow
def test_a_small_network_learns_the_onsets_of_four_clips():
    torch.manual_seed(0)
    clips, rng = bleeding_clips(torch.Generator().manual_seed(0)), np.random.default_rng(0)
    model = OnsetNetwork(
        flow=no_motion, window=WINDOW, memory=2, spacing=4, size=SIZE, channels=16, width=32, dropout=0.0, chunk=512
    )
    assert decoded(model, clips) != list(ONSETS)
    optimiser = torch.optim.Adam(model.train().parameters(), lr=2e-3)
    pace = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min((step + 1) / 20, 1 - step / STEPS))
    for _ in range(STEPS):
        skip = skipped_frames(rng, FRAMES, min(ONSETS), window=WINDOW, most=8)
        windows = FRAMES - skip - WINDOW + 1
        targets = onset_targets(torch.tensor(ONSETS) - skip, windows=windows, window=WINDOW)
        optimiser.zero_grad()
        onset_loss(model(clips[:, skip:]), targets, window=WINDOW).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        pace.step()
    found = decoded(model, clips)
    assert all(frame is not None and abs(frame - onset) <= 1 for frame, onset in zip(found, ONSETS, strict=True)), found
