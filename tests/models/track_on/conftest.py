"""Networks with weights that stand for the real ones: filled by name as the golden outputs' were, or random."""

import zlib

import numpy as np
import pytest
import torch

from bleedkit.models.track_on.blocks import WIDTH
from bleedkit.models.track_on.features import GRID, FrameFeatures
from bleedkit.models.track_on.network import TrackOn

SPECIAL = ("pos_embed", "time_embedding", "cls_token", "level_embed", "frame_pos")


def filled(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The recipe that came with the golden outputs: every value follows from its entry's name."""
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    noise = np.asarray(np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)).astype(np.float32)
    if name.endswith("running_var"):
        return 1 + np.float32(0.2) * np.abs(noise)
    if name.endswith("running_mean"):
        return np.float32(0.1) * noise
    if noise.ndim >= 2 and not any(part in name for part in SPECIAL):
        return noise / np.float32(np.sqrt(np.prod(shape[1:])))
    if "norm" in name and name.endswith("weight"):
        return 1 + np.float32(0.1) * noise
    return np.float32(0.1) * noise


@pytest.fixture(scope="session")
def one_thread():
    """Results on a CPU hang on the number of threads, and tests that run at once would fight over cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def network(one_thread):
    network = TrackOn().eval().requires_grad_(False)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    network.load_state_dict({name: torch.from_numpy(filled(name, shape)) for name, shape in shapes.items()})
    return network


@pytest.fixture(scope="session")
def frames(one_thread):
    """Five encoded frames of nothing in particular: what holds for states and batches holds whatever is seen."""
    made = torch.Generator().manual_seed(3)
    maps = [torch.randn(2, 1, WIDTH, *GRID, generator=made) for _ in range(5)]
    return [FrameFeatures.of(seen, decoded) for seen, decoded in maps]
