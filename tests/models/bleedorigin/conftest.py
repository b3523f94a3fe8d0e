"""Track-On at a sixteenth of its size, the same code: pictures of 128 by 96 and maps of 24 by 32 cells."""

import pytest
import torch

from bleedkit.models.bleedorigin import track_network
from bleedkit.models.track_on import features, heads, network
from bleedkit.models.track_on.blocks import WIDTH
from bleedkit.models.track_on.features import FrameFeatures
from bleedkit.models.track_on.network import TrackOn

GRID = (24, 32)
SIZE = (96, 128)


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def small_track_on(monkeypatch, one_thread):
    """Makes random networks whose pictures and maps are small, while the test runs.

    visible_above: random visibility is about a half, below the official 0.8: from 0, spatial memory is read as well.
    """
    for module in (features, heads, network, track_network):
        monkeypatch.setattr(module, "GRID", GRID)
    for module in (features, network, track_network):
        monkeypatch.setattr(module, "SIZE", SIZE)

    def make(seed=0, visible_above=0.8):
        torch.manual_seed(seed)
        return TrackOn(visible_above).eval()

    return make


@pytest.fixture
def encoded(small_track_on):
    """Makes encoded frames: a texture of 256 channels that moves by 2 cells right and 1 down in every frame."""

    def make(track_on, length):
        texture = torch.randn(
            1, WIDTH, GRID[0] + length, GRID[1] + 2 * length, generator=torch.Generator().manual_seed(0)
        )
        texture = 3 * torch.nn.functional.avg_pool2d(texture, 3, 1, 1)
        frames = []
        for t in range(length):
            y, x = length - t, 2 * (length - t)
            seen = texture[:, :, y : y + GRID[0], x : x + GRID[1]]
            with torch.no_grad():
                decoded = track_on.feature_decoder(seen.flatten(2).mT).mT.unflatten(2, GRID)
                frames.append(FrameFeatures.of(seen, decoded))
        return frames

    return make
