"""A small Track-On, one thread, and encoded frames for it."""

import pytest
import torch
from bleedkit_test_layouts.small_track_on import GRID, random_track_on, shrink_track_on

from bleedkit.models.track_on.blocks import WIDTH
from bleedkit.models.track_on.features import FrameFeatures


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def small_track_on(monkeypatch, one_thread):
    """Makes random networks whose pictures and maps are small, while the test runs."""
    shrink_track_on(monkeypatch)
    return random_track_on


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
