"""PWC-Net against outputs of the code its common checkpoint is made for, with weights made up from their names."""

import subprocess
import sys
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.pwc_net import PwcNet, Pyramid, cost_volume, load_pwc_net, warped
from bleedkit.models.pwc_net_names import ptlflow_name, ptlflow_names

GOLDEN = Path(__file__).parents[2].parent / "shared" / "golden" / "pwcnet_golden.npz"
TOLERANCE = 5e-4  # px; the golden code differs from itself by 7e-5 where its kernels are others


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    if not GOLDEN.is_file():
        pytest.skip(f"there is no {GOLDEN}")
    with np.load(GOLDEN) as file:
        return dict(file)


def made_up(name: str, shape: tuple[int, ...], heads: float) -> np.ndarray:
    """What the golden code's weight `name` was filled with; heads: the factor of the decoders' last layers."""
    noise = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape).astype(np.float32)
    if len(shape) == 1:
        return np.float32(0.1) * noise
    if "Upflow" in name or "Upfeat" in name:
        return noise / np.float32(np.sqrt(4 * shape[0]))
    weight = noise / np.float32(np.sqrt(np.prod(shape[1:])))
    if ".moduleSix.0." in name and "Extractor" not in name:
        return weight * np.float32(heads)
    return weight if "moduleMain.12" in name else weight * np.float32(np.sqrt(2))


def checkpoint(golden, heads: float = 0.5) -> dict[str, torch.Tensor]:
    shapes = [tuple(map(int, shape.strip("()").replace(",", " ").split())) for shape in golden["shapes"]]
    return {
        str(name): torch.from_numpy(made_up(str(name), shape, heads))
        for name, shape in zip(golden["ckpt_keys"], shapes, strict=True)
    }


@pytest.fixture(scope="module")
def filled(golden, tmp_path_factory):
    """PWC-Net as loaded from a file in the common checkpoint's form."""
    folder = tmp_path_factory.mktemp("pwc")

    @cache
    def load(heads: float = 0.5) -> PwcNet:
        torch.save(checkpoint(golden, heads), folder / "network.pytorch")
        return load_pwc_net(folder / "network.pytorch")

    return load


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


@pytest.fixture(scope="module")
def pictures(golden) -> tuple[torch.Tensor, torch.Tensor]:
    return tensor(golden["im1"]), tensor(golden["im2"])


def close(ours: torch.Tensor, golden: np.ndarray, atol: float = TOLERANCE) -> None:
    np.testing.assert_allclose(ours.numpy(), golden, atol=atol, rtol=0)


def test_names_are_the_key_table(golden):
    table = dict(zip(map(str, golden["map_ckpt"]), map(str, golden["map_ptlflow"]), strict=True))
    assert len(table) == 63
    for theirs, ptlflow in table.items():
        for kind in ("weight", "bias"):
            want = f"{ptlflow}.{kind}"
            assert ptlflow_name(f"{theirs}.{kind}") == want
            assert ptlflow_name(f"{theirs}.{kind}".replace("module", "net")) == want
            assert ptlflow_name(f"predictor.estimator.{theirs.replace('module', 'net')}.{kind}") == want


def test_other_names_stay_as_they_are():
    others = {"moduleSeven.moduleOne.0.weight": 1, "head.bias": 2, "moduleTwo.moduleOne.0.scale": 3}
    assert ptlflow_names(others) == others


def test_the_fill_is_the_golden_ones(golden):
    first = checkpoint(golden)["moduleExtractor.moduleOne.0.weight"].flatten()[:3] / np.sqrt(2)
    np.testing.assert_allclose(first, [0.06719961, 0.28237221, -0.06156982], atol=1e-7)


def test_the_cost_volume_is_theirs(golden):
    ours = cost_volume(torch.from_numpy(golden["corr_a"]), torch.from_numpy(golden["corr_b"]))
    close(ours, golden["corr_out"], 1e-6)


def test_the_cost_volume_is_what_its_definition_says():
    first, second = torch.randn(2, 1, 3, 5, 6, generator=torch.Generator().manual_seed(0)).unbind()
    volume = cost_volume(first, second)
    for dy, dx, y, x in ((0, 0, 2, 2), (-2, 3, 3, 1), (4, 0, 0, 5), (4, 4, 3, 3)):
        there = second[0, :, y + dy, x + dx] if y + dy < 5 and x + dx < 6 else torch.zeros(3)
        want = float((first[0, :, y, x] * there).mean())
        assert volume[0, (dy + 4) * 9 + dx + 4, y, x] == pytest.approx(want, abs=1e-6)


def test_warping_reads_where_the_flow_leads_and_drops_what_is_not_all_inside():
    features = torch.arange(12.0).reshape(1, 1, 3, 4)
    flow = torch.zeros(1, 2, 3, 4)
    flow[0, 0] = 1.5  # columns 0, 1 read between 1, 2 and 2, 3; columns 2, 3 read beyond the last centre
    want = [[1.5, 2.5, 0, 0], [5.5, 6.5, 0, 0], [9.5, 10.5, 0, 0]]
    np.testing.assert_allclose(warped(features, flow)[0, 0], want, atol=1e-5)


@pytest.mark.slow
def test_every_level_and_the_flow_are_theirs(filled, pictures, golden):
    net = filled()
    first, second = (net.pyramid(picture) for picture in pictures)
    for name, (flow, _) in zip(("Six", "Fiv", "Fou", "Thr", "Two"), net.decoded(first, second), strict=True):
        close(flow[0] * 20, golden[f"level_{name}"] * 20)
    close(net.quarter_flow(first, second)[0], golden["flow_quarter"])
    close(net.quarter_flow(second, first)[0], golden["flow_rev_quarter"])
    close(net(*pictures)[0], golden["flow"])


@pytest.mark.slow
def test_a_size_that_is_no_multiple_of_64_is_stretched_and_back(filled, pictures, golden):
    close(filled()(*(picture[..., :200, :300] for picture in pictures))[0], golden["flow_200x300"])


@pytest.mark.slow
def test_large_motion_is_theirs_too(filled, pictures, golden):
    net = filled(1.0)
    close(net.quarter_flow(*(net.pyramid(picture) for picture in pictures))[0], golden["stress_flow_quarter"])


@pytest.mark.slow
def test_a_batch_is_its_pictures_and_autocast_changes_nothing(filled, pictures):
    net = filled()
    small = [picture[..., :128, :192] for picture in pictures]
    there, back = net(*small), net(*small[::-1])
    with torch.autocast("cpu", torch.bfloat16):
        both = net(torch.cat(small), torch.cat(small[::-1]))
    assert both.dtype == torch.float32
    torch.testing.assert_close(both, torch.cat([there, back]), atol=1e-4, rtol=0)
    assert not both.requires_grad
    assert not any(parameter.requires_grad for parameter in net.parameters())


@pytest.mark.slow
def test_the_estimator_inside_a_bloodet_checkpoint_is_read(golden, filled, tmp_path):
    inside = {f"predictor.estimator.{name.replace('module', 'net')}": t for name, t in checkpoint(golden).items()}
    torch.save({**inside, "predictor.point_decoder.weight": torch.ones(3)}, tmp_path / "bloodet.pth")
    loaded = load_pwc_net(tmp_path / "bloodet.pth").state_dict()
    torch.testing.assert_close(dict(loaded), dict(filled().state_dict()), atol=0, rtol=0)


@pytest.mark.slow
def test_a_file_that_is_not_all_of_it_is_refused(golden, tmp_path):
    tensors = checkpoint(golden)
    del tensors["moduleRefiner.moduleMain.12.bias"]
    torch.save(tensors, tmp_path / "cut.pytorch")
    with pytest.raises(BleedkitError, match=r"1 missing \(layers\.dc_conv7\.bias\)"):
        load_pwc_net(tmp_path / "cut.pytorch")


@pytest.mark.slow
def test_pictures_of_two_sizes_are_refused(filled):
    net = filled()
    small, large = (Pyramid((), size, size) for size in ((64, 64), (64, 128)))
    with pytest.raises(ValueError, match="one size"):
        net.flow(small, large)


@pytest.mark.slow
def test_making_it_prints_nothing():
    code = "from bleedkit.models.pwc_net import PwcNet; PwcNet()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_without_ptlflow_it_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "ptlflow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ptlflow", None)
    with pytest.raises(BleedkitError, match=r"pip install 'bleedkit\[flow\]'"):
        PwcNet()
