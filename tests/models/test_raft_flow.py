"""RAFT, the real network: random weights say whether it is fed and read right, real ones whether it follows."""

from pathlib import Path

import numpy as np
import pytest
import torch
from bleedkit_test_layouts.moving_surface import surface
from torchvision.models.optical_flow import Raft_Large_Weights, raft_large

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.raft_flow import RaftFlow
from bleedkit.models.weights import WEIGHTS


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return raft_large(weights=None).eval()


@pytest.fixture(scope="module")
def checkpoint(network, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("raft") / "raft.pth"
    torch.save(network.state_dict(), path)
    return path


def test_it_is_torchvisions_network_fed_as_torchvision_feeds_it(network, checkpoint):
    first, second = surface(size=(160, 128)), surface((2, 1), (160, 128))
    model = RaftFlow(checkpoint, device="cpu", width=512, updates=3)
    ours = model.flow(model.encode(first), model.encode(second))
    tensors = [torch.from_numpy(frame).permute(2, 0, 1)[None] for frame in (first, second)]
    with torch.inference_mode():
        theirs = network(*Raft_Large_Weights.C_T_SKHT_V2.transforms()(*tensors), num_flow_updates=3)[-1]
    assert ours.shape == (128, 160, 2)
    assert ours.dtype == np.float32
    assert np.abs(ours).max() > 0.1, "a flow of nothing would show no difference"
    np.testing.assert_allclose(ours, theirs[0].permute(1, 2, 0).numpy(), atol=1e-4)


@pytest.mark.parametrize(("size", "working"), [
    ((1240, 1080), (512, 448)),  # 1080 * 512 / 1240 = 445.9, nearest multiple of 8
    ((480, 360), (480, 360)),
    ((100, 90), (128, 128)),  # four levels of correlation need 16 cells of 8 pixels
])  # fmt: skip
def test_the_working_picture_has_sides_the_network_takes(checkpoint, size, working):
    model = RaftFlow(checkpoint, device="cpu", width=512, updates=1)
    white = model.encode(np.full((size[1], size[0], 3), 255, np.uint8))
    black = model.encode(np.zeros((size[1], size[0], 3), np.uint8))
    assert white.shape == (1, 3, *working[::-1])
    assert (white.unique().tolist(), black.unique().tolist()) == ([1.0], [-1.0])


def test_weights_of_another_network_are_refused(tmp_path):
    torch.save({"layer.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(BleedkitError, match="does not fit RAFT"):
        RaftFlow(tmp_path / "other.pth", device="cpu", width=512, updates=1)


def test_real_weights_follow_a_shift():
    path = Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS["raft"].file
    if not path.is_file():
        pytest.skip(f"RAFT's weights are not at {path}: the test does not download")
    model = RaftFlow(path, device="cpu", width=512, updates=12)
    flow = model.flow(model.encode(surface(size=(264, 200))), model.encode(surface((3, -2), (264, 200))))
    np.testing.assert_allclose(flow[20:-20, 20:-20].mean((0, 1)), (3, -2), atol=0.2)
