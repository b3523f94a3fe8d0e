"""The authors' checkpoint and SAM 2's, written with small networks' tensors under their own names."""

import pytest
import torch

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.bloodet import load
from bleedkit.models.bloodet.load import bloodet_tensors, load_bloodet, start_from_sam2
from bleedkit.models.bloodet.network import BlooDet
from bleedkit.models.bloodet.size import TINY

from .conftest import filled

# What SAM 2 has of BlooDet; the rest is the authors'.
SAM2 = (
    "image_encoder.",
    "memory_attention.",
    "memory_encoder.",
    "maskmem_tpos_enc",
    "no_mem_embed",
    "no_mem_pos_enc",
    "no_obj_ptr",
    "mask_downsample.",
    "sam_prompt_encoder.",
    "sam_mask_decoder.",
    "obj_ptr_proj.",
)


def official_names(tensors: dict) -> dict:
    """Our tensors as the authors store them: under `predictor.`, each wavelet with a batch norm of its own."""
    found = {}
    for name, tensor in tensors.items():
        scale, _, part = name.rpartition(".norm." if ".norm." in name and "wavelet" in name else ".kernels")
        if "wavelet" not in name:
            found[f"predictor.{name}"] = tensor
            continue
        for number in range(36):
            mine = tensor if tensor.ndim == 0 else tensor[number : number + 1]
            layer = f"1.{part}" if part else "0.weight"
            found[f"predictor.{scale}.gabor.{number}.{layer}"] = mine
    return found


@pytest.fixture
def tensors(sway):
    model = BlooDet(flow=sway, size=TINY, variant="code")
    return {name: filled(f"other {name}", tuple(t.shape)) for name, t in model.state_dict().items()}


@pytest.fixture
def small(monkeypatch):
    """The loader as it is, but for networks of TINY size."""
    monkeypatch.setattr(load, "BlooDet", lambda **settings: BlooDet(size=TINY, **settings))


def saved(tmp_path, tensors):
    path = tmp_path / "model-20"
    torch.save(tensors, path)
    return path


@pytest.mark.parametrize("variant", ["code", "paper"])
def test_every_tensor_comes_to_its_place(tmp_path, small, sway, tensors, variant):
    official = official_names(tensors)
    official["predictor.estimator.netNetwork.netSix.netOne.0.weight"] = torch.zeros(3)
    model = load_bloodet(saved(tmp_path, official), flow=sway, variant=variant)
    assert not model.training
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, tensors[name]), name


def test_a_file_that_lacks_or_has_too_much_is_refused_whole(tmp_path, small, sway, tensors):
    official = official_names(tensors)
    lacking = {name: t for name, t in official.items() if name != "predictor.no_mem_embed"}
    with pytest.raises(BleedkitError, match=r"1 missing \(no_mem_embed\)"):
        load_bloodet(saved(tmp_path, lacking), flow=sway)
    with pytest.raises(BleedkitError, match=r"1 unexpected \(more\)"):
        load_bloodet(saved(tmp_path, official | {"predictor.more": torch.zeros(1)}), flow=sway)
    half = {name: t for name, t in official.items() if ".gabor.7." not in name}
    with pytest.raises(BleedkitError, match="wavelets 0 to 35, got 35"):
        load_bloodet(saved(tmp_path, half), flow=sway)


def test_wavelets_keep_their_order(tensors, tmp_path):
    found = bloodet_tensors(dict(reversed(official_names(tensors).items())), tmp_path)
    assert torch.equal(found["edge_generator.wavelet_1.kernels"], tensors["edge_generator.wavelet_1.kernels"])


def test_training_starts_from_sam2_and_keeps_what_sam2_lacks(tmp_path, sway, tensors):
    sam2 = {name: tensor for name, tensor in tensors.items() if name.startswith(SAM2)}
    model = BlooDet(flow=sway, size=TINY)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    start_from_sam2(model, saved(tmp_path, {"model": sam2}))
    for name, tensor in model.state_dict().items():
        twin = name.removeprefix("point_") if name.startswith("point_sam_prompt_encoder.") else name
        assert torch.equal(tensor, sam2.get(twin, before[name])), name


def test_what_is_not_sam2_is_refused(tmp_path, sway, tensors):
    model = BlooDet(flow=sway, size=TINY)
    with pytest.raises(BleedkitError, match="must hold SAM 2"):
        start_from_sam2(model, saved(tmp_path, {"no_mem_embed": tensors["no_mem_embed"]}))
    sam2 = {name: tensor for name, tensor in tensors.items() if name.startswith(SAM2)}
    with pytest.raises(BleedkitError, match="1 unexpected"):
        start_from_sam2(model, saved(tmp_path, sam2 | {"more": torch.zeros(1)}))
