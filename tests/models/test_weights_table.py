"""The table of checkpoints: every entry can be found, allowed and told apart."""

import pytest

from bleedkit.models.bleedorigin.vision_encoder import ENCODERS
from bleedkit.models.flows import FLOWS
from bleedkit.models.matchers import MATCHERS
from bleedkit.models.trackers import TRACKERS
from bleedkit.models.weights_table import WEIGHTS

every = pytest.mark.parametrize("weights", WEIGHTS.values(), ids=lambda weights: weights.name)


@every
def test_an_entry_says_where_it_comes_from_and_what_for(weights):
    assert weights.licence
    assert weights.purpose
    assert set(weights.sha256) <= set("0123456789abcdef")
    assert len(weights.sha256) <= 64
    if not weights.address:
        assert "https://" in weights.by_hand
    elif weights.name == "pwcnet":  # its host answers http only
        assert weights.address.startswith("http://")
    else:
        assert weights.address.startswith("https://")


@every
def test_the_file_keeps_its_own_name_or_its_models(weights):
    last = weights.address.rpartition("/")[2]
    assert last in ("", weights.file) or (last == "model.safetensors" and weights.file[:-12] in weights.address)


def test_no_two_share_a_file():
    assert len({weights.file for weights in WEIGHTS.values()}) == len(WEIGHTS)


def test_every_stage_finds_its_weights():
    needed = {name for stages in (FLOWS, MATCHERS, TRACKERS) for stage in stages.values() for name in stage.weights}
    assert needed <= set(WEIGHTS)


def test_raft_is_torchvisions():
    from torchvision.models.optical_flow import Raft_Large_Weights

    official = Raft_Large_Weights.C_T_SKHT_V2
    assert WEIGHTS["raft"].address == official.url
    assert WEIGHTS["raft"].megabytes == round(official.meta["_file_size"] * 2**20 / 1e6)  # there in units of 2^20


def test_encoders_are_those_timm_names():
    import timm

    for name, model in ENCODERS.items():
        hub = timm.models.get_pretrained_cfg(model).hf_hub_id
        assert WEIGHTS[name].address == f"https://huggingface.co/{hub}/resolve/main/model.safetensors"
        assert WEIGHTS[name].licence == "Apache-2.0"
