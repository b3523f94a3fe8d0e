"""Track-On at a sixteenth of its size, the same code: pictures of 128 by 96 and maps of 24 by 32 cells."""

import pytest
import torch

from bleedkit.models.bleedorigin import track_network
from bleedkit.models.track_on import features, heads, network
from bleedkit.models.track_on.network import TrackOn

GRID = (24, 32)
SIZE = (96, 128)


def shrink_track_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every network made while the test runs has small pictures and maps."""
    for module in (features, heads, network, track_network):
        monkeypatch.setattr(module, "GRID", GRID)
    for module in (features, network, track_network):
        monkeypatch.setattr(module, "SIZE", SIZE)


def random_track_on(seed: int = 0, visible_above: float = 0.8) -> TrackOn:
    """visible_above: random visibility is about a half, below the official 0.8: from 0, spatial memory is read too."""
    torch.manual_seed(seed)
    return TrackOn(visible_above).eval()
