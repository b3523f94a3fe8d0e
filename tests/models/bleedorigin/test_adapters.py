"""Adapters: who learns, that all of them do, files, merging, and AdaLoRA's budget."""

import copy
import json

import pytest
import torch

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.bleedorigin.adapters import Adapters, AdapterSettings, load_adapters, read_adapter_file
from bleedkit.models.bleedorigin.change_maps import ChangeMaps
from bleedkit.models.bleedorigin.split_attention import join_attentions
from bleedkit.models.bleedorigin.track_clip import joined_xy, track_clip
from bleedkit.models.bleedorigin.track_loss import track_loss
from bleedkit.models.bleedorigin.track_network import TrackNetwork

XY = torch.tensor([[[74.0, 50.0], [50.0, 46.0], [98.0, 74.0]]])
TIMES = torch.zeros(1, 3, dtype=torch.long)
SETTINGS = {
    "lora": AdapterSettings(kind="lora", rank=4),
    "adalora": AdapterSettings(kind="adalora", rank=4, total_steps=10),
}
kinds = pytest.mark.parametrize("kind", list(SETTINGS))


@pytest.fixture
def small(small_track_on, encoded):
    """A network and a call that follows three points through three frames."""

    class Small:
        network = TrackNetwork(small_track_on(visible_above=0.0))
        features = encoded(network.track_on, 3)
        made = torch.Generator().manual_seed(1)
        pictures = tuple(255 * torch.rand(3, 1, 3, 60, 80, generator=made))

        def fresh(self):
            return TrackNetwork(small_track_on(visible_above=0.0))

        def xy(self, network):
            frames = [network.cued(frame, picture) for frame, picture in zip(self.features, self.pictures, strict=True)]
            return joined_xy(track_clip(network, frames, TIMES, XY, memory=4))

    return Small()


def steps(small, adapters, count=2, lr=1e-3, first=0):
    """Train towards a place that the points are not at; the gradients of the last step stay."""
    network, target = adapters.network, XY[:, None] + 20
    optimiser = torch.optim.SGD((p for p in network.parameters() if p.requires_grad), lr=lr)
    for step in range(first, first + count):
        optimiser.zero_grad()
        xy = small.xy(network)
        everywhere = torch.ones(xy.shape[:-1], dtype=torch.bool)
        loss = track_loss(xy, target.expand_as(xy), everywhere, everywhere) + adapters.regularisation()
        loss.backward()
        optimiser.step()
        adapters.after_step(step)


def stirred(adapters):
    """As if it had learnt: a factor that starts at 0 hides what the others give."""
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in adapters.network.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05 * torch.randn_like(parameter))
    return adapters


@kinds
def test_new_adapters_change_no_answer(kind, small):
    with torch.no_grad():
        plain = small.xy(small.network)
        torch.testing.assert_close(small.xy(Adapters(small.network, SETTINGS[kind]).network), plain, atol=1e-3, rtol=0)


@kinds
def test_adapters_and_new_layers_learn_and_nothing_else(kind, small):
    network = Adapters(small.network, SETTINGS[kind]).network
    learning = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    ours = {name for name, _ in network.named_parameters() if ".lora_" in name or not name.startswith("track_on.")}
    assert learning == ours
    for part, layer in (
        ("query_decoder.decoder.token_to_query.0.mha", "k_proj"),
        ("query_decoder.decoder.memory_to_query.2", "linear1"),
        ("sm_query_updater.query_to_feature.1.mha", "sampling_offsets"),
        ("rerank_module.local_decoder.0.mha", "out_proj"),
        ("offset_head.local_transformer.0", "linear2"),
    ):
        assert any(name.startswith(f"track_on.{part}.{layer}.lora_A") for name in learning)
    assert not any("backbone" in name or "value_proj" in name for name in learning)


@kinds
def test_every_adapter_and_every_new_layer_receives_a_gradient(kind, small):
    adapters = stirred(Adapters(small.network, SETTINGS[kind]))
    small.xy(adapters.network).square().sum().backward()
    still = [
        name
        for name, parameter in adapters.network.named_parameters()
        if parameter.requires_grad and (parameter.grad is None or not parameter.grad.any())
    ]
    assert still == []


def test_the_encoders_adapters_receive_gradients_where_they_are_wanted(small):
    adapters = stirred(Adapters(small.network, AdapterSettings(kind="lora", rank=2, encoder=True)))
    network = adapters.network
    for interaction in network.track_on.backbone.vit_encoder.interactions:
        torch.nn.init.ones_(interaction.injector.gamma)  # trained ones are not 0, as it starts
    network.encode(small.pictures[0]).features.decoded[0].square().sum().backward()
    encoder = {
        name: parameter
        for name, parameter in network.named_parameters()
        if ".lora_" in name and name.startswith(("track_on.backbone", "track_on.feature_decoder"))
    }
    assert sum(".qkv." in name for name in encoder) == 2 * 12
    assert [name for name, parameter in encoder.items() if parameter.grad is None or not parameter.grad.any()] == []


@kinds
def test_merged_it_answers_the_same_and_has_track_ons_own_entries_again(kind, small):
    entries = list(small.fresh().state_dict())
    adapters = stirred(Adapters(small.network, SETTINGS[kind]))
    with torch.no_grad():
        adapted = small.xy(adapters.network)
        merged = adapters.merge()
        assert not any("lora" in name for name in merged.state_dict())
        torch.testing.assert_close(small.xy(merged), adapted, atol=2e-3, rtol=0)
        join_attentions(merged)
        assert list(merged.state_dict()) == entries
        torch.testing.assert_close(small.xy(merged), adapted, atol=2e-3, rtol=0)


@kinds
def test_what_was_learnt_comes_back_from_its_file(kind, small, tmp_path):
    adapters = Adapters(small.network, SETTINGS[kind])
    steps(small, adapters)
    stirred(adapters)
    path = tmp_path / "adapters.safetensors"
    adapters.save(path, base_sha256="ab12")
    told = read_adapter_file(path)
    assert told.settings == SETTINGS[kind]
    assert (told.red_width, told.mdg_channels, told.base_sha256, told.flow) == (32, None, "ab12", None)
    with pytest.raises(ValueError, match="name the flow"):
        adapters.save(path, "ab12", flow={"name": "dis"})
    again = load_adapters(small.fresh(), path)
    with torch.no_grad():
        assert torch.equal(small.xy(again.network), small.xy(adapters.network))
    # Adapters of rank 4 to 6 on 256 and 1024 channels, not the 49 M of Track-On.
    assert path.stat().st_size < 6e6


def test_a_file_of_another_network_or_of_none_is_refused(small, tmp_path):
    path = tmp_path / "adapters.safetensors"
    gated = Adapters(TrackNetwork(small.fresh().track_on.eval(), changes=ChangeMaps(4)), SETTINGS["lora"])
    with pytest.raises(ValueError, match="name the flow"):
        gated.save(path, "ab12")
    gated.save(path, "ab12", flow={"name": "dis", "width": 512})
    told = read_adapter_file(path)
    assert (told.mdg_channels, told.flow) == (4, {"name": "dis", "width": 512})
    with pytest.raises(BleedkitError, match="does not fit the tracker"):
        load_adapters(small.fresh(), path)
    path.write_bytes(b"no")
    with pytest.raises(BleedkitError, match="adapters and is not"):
        read_adapter_file(path)


def test_adalora_lets_its_budget_fall_to_the_rank_that_was_asked_for(small):
    adapters = Adapters(small.network, SETTINGS["adalora"])

    def ranks():
        values = [value for name, value in adapters.network.named_parameters() if ".lora_E." in name]
        return sum(int(value.count_nonzero()) for value in values), len(values)

    stirred(adapters)
    filled, matrices = ranks()
    assert filled == 6 * matrices  # 4 and a half of it
    steps(small, adapters, count=9)
    kept, _ = ranks()
    assert kept == 4 * matrices


def test_adaloras_memory_of_importance_goes_on_in_another_process(small):
    adapters = stirred(Adapters(small.network, SETTINGS["adalora"]))
    steps(small, adapters, count=3)
    other = Adapters(small.fresh(), SETTINGS["adalora"])
    other.network.load_state_dict(copy.deepcopy(adapters.network.state_dict()))
    other.restore_importance(adapters.importance())
    for each in (adapters, other):
        steps(small, each, count=4, first=3)
    ours, theirs = adapters.network.state_dict(), other.network.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_adaloras_factors_are_held_orthogonal_and_loras_are_not(small):
    adapters = Adapters(small.network, SETTINGS["adalora"])
    with torch.no_grad():
        for name, factor in adapters.network.named_parameters():
            if ".lora_A." in name or ".lora_B." in name:
                wide = torch.eye(*factor.shape)  # orthonormal rows of A, columns of B
                factor.copy_(wide)
    assert adapters.regularisation().item() == pytest.approx(0, abs=1e-6)
    with torch.no_grad():
        for name, factor in adapters.network.named_parameters():
            if ".lora_A." in name or ".lora_B." in name:
                factor.mul_(2)
    # 4 I - I has Frobenius norm 3 sqrt(6) at rank 6; its weight is 0.5.
    assert adapters.regularisation().item() == pytest.approx(0.5 * 3 * 6**0.5, rel=1e-5)
    assert Adapters(small.fresh(), SETTINGS["lora"]).regularisation().item() == 0


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"kind": "dora"}, "lora and adalora"), ({"kind": "lora", "rank": 0}, "rank of 1"), ({}, "total_steps")],
)
def test_settings_that_cannot_be_are_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        AdapterSettings(**settings)


def test_settings_are_json(small, tmp_path):
    from safetensors import safe_open

    path = tmp_path / "adapters.safetensors"
    Adapters(small.network, SETTINGS["adalora"]).save(path, "cd34")
    with safe_open(path, "pt") as file:
        told = json.loads(file.metadata()["bleedkit_adapters"])
    assert (told["kind"], told["rank"], told["total_steps"]) == ("adalora", 4, 10)
