"""The released network's own outputs, under weights that follow from its entries' names."""

from ast import literal_eval
from pathlib import Path

import numpy as np
import pytest
import torch

from bleedkit.models.bloodet import network as module
from bleedkit.models.bloodet.load import PREFIX, bloodet_tensors
from bleedkit.models.bloodet.network import BlooDet

from .conftest import GOLDEN, filled

SIDE = 512
TOLERANCE = {"point": 1e-5, "presence": 2e-5, "mask": 1e-3, "edge": 1e-3, "disp_xy": 1e-3}
pytestmark = pytest.mark.skipif(not GOLDEN.exists(), reason=f"needs {GOLDEN.name}, not published with the code")


class StatedFlow:
    """The flow the golden outputs were made with: a formula of the numbers of both frames, told by their pictures."""

    def __init__(self, frames: torch.Tensor) -> None:
        mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        self.frames = (frames - mean[:, None, None]) / deviation[:, None, None]
        self.pairs: list[tuple[int, int]] = []

    def __call__(self, previous: torch.Tensor, current: torch.Tensor) -> torch.Tensor:
        return torch.stack([self.one(*pair) for pair in zip(previous, current, strict=True)])

    def one(self, previous: torch.Tensor, current: torch.Tensor) -> torch.Tensor:
        i, j = self.number(previous), self.number(current)
        self.pairs.append((i, j))
        y, x = torch.meshgrid(torch.arange(SIDE) - 255.5, torch.arange(SIDE) - 255.5, indexing="ij")
        u = 1.5 * (j - i) + 0.25 * i + 0.05 * x - 0.03 * y
        v = -0.75 * (j - i) + 0.5 * j - 0.04 * x + 0.06 * y
        return torch.stack([u, v])

    def number(self, picture: torch.Tensor) -> int:
        (found,) = [i for i, frame in enumerate(self.frames) if torch.allclose(frame, picture, atol=1e-5)]
        return found


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def official(golden):
    """The authors' 1,562 entries, filled by name."""
    entries = zip(golden["keys"], golden["shapes"], strict=True)
    return {str(name): filled(str(name), literal_eval(str(shape))) for name, shape in entries}


def weights_of(case: str, official: dict) -> dict:
    tensors = {name: tensor.clone() for name, tensor in official.items()}
    for axis in "xy":
        tensors[f"{PREFIX}offset_{axis}_proj.0.weight"] *= 8
    head = f"{PREFIX}sam_point_decoder.pred_obj_score_head.layers.2"
    tensors[f"{head}.bias"].fill_({"B": 0.3, "C": -0.25}.get(case, 1.0))
    if case == "C":
        tensors[f"{head}.weight"] *= -1
    return tensors


def frames_of(golden: dict, count: int) -> torch.Tensor:
    big = golden["base"].repeat(8, axis=0).repeat(8, axis=1)
    cut = np.stack([big[5 * t : 5 * t + SIDE, 3 * t : 3 * t + SIDE] for t in range(count)])
    return torch.from_numpy(cut).permute(0, 3, 1, 2).float() / 255


def test_the_clip_is_the_one_that_the_golden_outputs_were_made_of(golden):
    made = (frames_of(golden, 4) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
    np.testing.assert_array_equal(made.numpy(), golden["frames"])


@pytest.mark.parametrize(
    "case", ["A", *(pytest.param(case, marks=pytest.mark.slow) for case in ("Afill", "B", "C", "L"))]
)
def test_the_released_network_is_reproduced(case, golden, official, monkeypatch):
    offsets = []

    def noted(*given):
        offsets.append(measured(*given))
        return offsets[-1]

    measured = module.view_offset
    monkeypatch.setattr(module, "view_offset", noted)
    frames = frames_of(golden, len(golden[f"{case}_point"]))
    flow = StatedFlow(frames)
    model = BlooDet(flow=flow, variant="code", fill_holes=8 if case == "Afill" else 0).eval()
    model.load_state_dict(bloodet_tensors(weights_of(case, official), Path("golden")), strict=True)
    with torch.inference_mode():
        found = model(frames[None])
    thin, step = ("_s4", 4) if case == "L" else ("", 1)
    came = {
        "point": found.point[0],
        "presence": found.presence_logit[0, :, None],
        f"mask{thin}": found.mask_logits[0, ..., ::step, ::step],
        f"edge{thin}": found.edge_logits[0, ..., ::step, ::step],
        "disp_xy": torch.cat(offsets),
    }
    for name, values in came.items():
        bound = TOLERANCE[name.removesuffix(thin)]
        np.testing.assert_allclose(values.numpy(), golden[f"{case}_{name}"], rtol=0, atol=bound, err_msg=name)
    assert flow.pairs == [tuple(pair) for pair in golden["L_pairs" if case == "L" else "flow_pairs"].tolist()]


def test_every_entry_of_the_official_checkpoint_has_its_place_and_no_other(official):
    model = BlooDet(flow=StatedFlow(torch.zeros(1, 3, SIDE, SIDE)), variant="code")
    ours = bloodet_tensors(official, Path("golden"))
    assert {name: t.shape for name, t in model.state_dict().items()} == {name: t.shape for name, t in ours.items()}
    assert len(official) == 1562
    assert sum(t.numel() for t in ours.values() if t.is_floating_point()) == sum(
        t.numel() for t in official.values() if t.is_floating_point()
    )
