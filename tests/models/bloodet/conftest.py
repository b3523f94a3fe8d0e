"""Small BlooDets with weights that make every part speak, and a flow that hangs on both of its pictures."""

import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from bleedkit.models.bloodet.network import BlooDet
from bleedkit.models.bloodet.size import TINY

GOLDEN = Path(__file__).parents[3].parent / "shared/golden/bloodet_golden.npz"
_CODES = ("pos_embed", "time_embedding", "cls_token", "level_embed", "frame_pos")


def filled(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The recipe that came with the golden outputs: every value follows from its entry's name."""
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    noise = np.asarray(np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)).astype(np.float32)
    if name.endswith("running_var"):
        return torch.from_numpy(1 + np.float32(0.2) * np.abs(noise))
    if name.endswith("running_mean"):
        return torch.from_numpy(np.float32(0.1) * noise)
    if noise.ndim >= 2 and not any(part in name for part in _CODES):
        return torch.from_numpy(noise / np.float32(np.sqrt(np.prod(shape[1:]))))
    gain = noise.ndim == 1 and name.endswith("weight")
    return torch.from_numpy(np.float32(1 if gain else 0) + np.float32(0.1) * noise)


class Sway:
    """A flow of several pixels that hangs on both pictures everywhere, and the number of pairs it was asked for."""

    def __init__(self) -> None:
        self.pairs = 0

    def __call__(self, previous: torch.Tensor, current: torch.Tensor) -> torch.Tensor:
        self.pairs += len(previous)
        return 60 * torch.stack([previous[:, 0] - current[:, 1], current[:, 2] + previous[:, 1] - 0.5], dim=1)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Results on a CPU hang on the number of threads, and tests that run at once would fight over cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def sway():
    return Sway()


@pytest.fixture
def make(sway):
    """A TINY BlooDet in evaluation mode."""

    def build(**settings) -> BlooDet:
        model = BlooDet(**{"flow": sway, "size": TINY, **settings}).eval()
        model.load_state_dict({name: filled(name, tuple(t.shape)) for name, t in model.state_dict().items()})
        with torch.no_grad():
            # Else the released form would find no bleeding point, and so no region, and flow would hardly be heard.
            model.sam_point_decoder.pred_obj_score_head.layers[2].bias += 5
            for axis in "xy" if model.flow is not None else "":
                getattr(model, f"offset_{axis}_proj")[0].weight *= 8
        return model

    return build


@pytest.fixture(scope="session")
def clip():
    """Two clips of ten frames, (2, 10, 3, 128, 128): more frames than memories, and than are encoded together."""
    made = torch.Generator().manual_seed(5)
    coarse = torch.rand(20, 3, 9, 9, generator=made)
    frames = torch.nn.functional.interpolate(coarse, (TINY.image, TINY.image), mode="bicubic").clamp(0, 1)
    return frames.unflatten(0, (2, 10))
