"""The source network: shapes, contract, files and that it learns. Encoders are small; Table 8's are built on `meta`."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models.bleedorigin.heat_map import HeatMap
from bleedkit.models.bleedorigin.source_loss import source_loss
from bleedkit.models.bleedorigin.source_network import SourceNetwork, load_source_network
from bleedkit.models.bleedorigin.vision_encoder import ENCODERS, VisionEncoder

SIDE = 96
STEPS, RATE = 180, 2e-3


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def small(**settings):
    torch.manual_seed(0)
    return SourceNetwork(encoder="pe_spatial_tiny", encoder_weights="random", side=SIDE, reach=1, **settings)


def pictures(batch=2):
    made = torch.Generator().manual_seed(1)
    coarse = torch.rand(batch, 3, 12, 12, generator=made) * torch.tensor([0.9, 0.5, 0.4])[:, None, None]
    return F.interpolate(coarse, (SIDE, SIDE), mode="bilinear")


def test_heat_is_as_large_as_the_networks_picture_and_the_point_where_it_is_highest():
    network = small().eval()
    with torch.inference_mode():
        source = network(pictures())
    assert source.heat.shape == (2, 1, SIDE, SIDE)
    assert source.point.shape == (2, 2)
    cells = source.heat.flatten(1).argmax(1)
    highest = torch.stack([cells % SIDE + 0.5, cells // SIDE + 0.5], 1)
    assert ((source.point * SIDE - highest).abs() <= 0.5 + 1e-4).all()


def test_pictures_of_any_size_are_stretched_and_do_not_mix():
    network = small().eval()
    wide = F.interpolate(pictures(3), (50, 170), mode="bilinear")
    with torch.inference_mode():
        together = network(wide)
        alone = network(F.interpolate(wide[1:2], (SIDE, SIDE), mode="bilinear", align_corners=False))
    torch.testing.assert_close(together.heat[1:2], alone.heat, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(together.point[1:2], alone.point, atol=1e-4, rtol=0)


def test_every_branch_and_every_parameter_learns_from_the_loss():
    network = small()
    # The last layer starts next to zero, which would leave the gradients behind it next to zero too.
    torch.nn.init.normal_(network.head.weight)
    source = network(pictures())
    truth = torch.rand(2, 2, generator=torch.Generator().manual_seed(2))
    source_loss(source, truth, source.heat, truth).backward()
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert without == []
    still = [name for name, parameter in network.named_parameters() if not parameter.grad.any()]
    assert still == []


def test_the_heat_map_branch_keeps_the_pictures_size():
    assert HeatMap(8)(torch.rand(1, 3, 16, 24)).shape == (1, 8, 16, 24)


@pytest.mark.parametrize(
    ("name", "layers"), [("pe_spatial_448", 24), ("pe_core_448", 24), ("pe_lang_448", 23), ("dinov2", 24)]
)
def test_table_8s_encoders_are_vits_of_one_size(name, layers):
    """A layer of ViT-L: 12 matrices of 1024 by 1024, biases of 3 + 1 + 4 + 1 times 1024, and two norms."""
    with torch.device("meta"):
        encoder = VisionEncoder(name, "random")
        assert encoder(torch.zeros(2, 3, 448, 448)).shape == (2, 1024, 32, 32)
    layer = 12 * 1024**2 + 9 * 1024 + 4 * 1024
    assert sum(parameter.numel() for parameter in encoder.parameters()) == pytest.approx(layers * layer, rel=0.01)
    assert (encoder.width, encoder.patch) == (1024, 14)


def test_the_paper_size_has_304_million_parameters_next_to_none_of_them_ours():
    with torch.device("meta"):
        network = SourceNetwork(encoder_weights="random")
    parts = {name: sum(p.numel() for p in part.parameters()) / 1e6 for name, part in network.named_children()}
    assert sum(parts.values()) == pytest.approx(304.19, abs=0.01)
    assert parts["encoder"] == pytest.approx(303.96, abs=0.01)


def test_pictures_are_normalised_as_the_encoder_was_trained():
    encoder = VisionEncoder("pe_spatial_tiny", "random").eval()
    came = []
    encoder.vit.patch_embed.register_forward_pre_hook(lambda _module, given: came.append(given[0]))
    with torch.inference_mode():
        encoder(torch.full((1, 3, 32, 32), 0.75))
    torch.testing.assert_close(came[0], torch.full((1, 3, 32, 32), 0.5))  # (0.75 - 0.5) / 0.5


def test_weights_are_random_only_where_that_is_said(tmp_path):
    with pytest.raises(TypeError, match="encoder_weights"):
        SourceNetwork(encoder="pe_spatial_tiny", side=SIDE)
    torch.manual_seed(3)
    other = VisionEncoder("pe_spatial_tiny", "random")
    path = tmp_path / "encoder.pt"
    pooling = {"attn_pool.latent": torch.zeros(1), "head.weight": torch.zeros(2, 2)}  # as PE-Core's file has
    torch.save(other.vit.state_dict() | pooling, path)
    network = SourceNetwork(encoder="pe_spatial_tiny", encoder_weights=path, side=SIDE)
    assert all(map(torch.equal, network.encoder.state_dict().values(), other.state_dict().values()))
    torch.save({"cls_token": torch.zeros(1)}, path)
    with pytest.raises(BleedkitError, match="does not fit"):
        SourceNetwork(encoder="pe_spatial_tiny", encoder_weights=path, side=SIDE)


def test_a_trained_network_comes_back_from_its_file(tmp_path):
    torch.manual_seed(0)
    network = SourceNetwork(encoder="pe_spatial_tiny", encoder_weights="random", side=SIDE).eval()
    path = tmp_path / "source.pt"
    torch.save(network.state_dict(), path)
    again = load_source_network(path, encoder="pe_spatial_tiny", side=SIDE)
    assert not any(parameter.requires_grad for parameter in again.parameters())
    with torch.inference_mode():
        assert torch.equal(network(pictures()).heat, again(pictures()).heat)
    with pytest.raises(BleedkitError, match="does not fit SourceNetwork"):
        load_source_network(path, encoder="pe_spatial_tiny", side=SIDE, width=16)


def test_an_unknown_encoder_and_a_side_that_does_not_divide_are_refused():
    with pytest.raises(ValueError, match=f"choose from {next(iter(ENCODERS))}"):
        VisionEncoder("resnet", "random")
    with pytest.raises(ValueError, match="multiple of 8 and of the encoder's 16, not 104"):
        SourceNetwork(encoder="pe_spatial_tiny", encoder_weights="random", side=104)


@pytest.mark.slow
def test_two_pictures_are_learnt_to_within_2_percent_of_the_width():
    network = small()
    network.encoder.requires_grad_(False)
    truth = torch.tensor([[0.30, 0.62], [0.71, 0.25]])
    optimiser = torch.optim.Adam((p for p in network.parameters() if p.requires_grad), lr=RATE)
    first = (network(pictures()).point - truth).norm(dim=1).detach()
    assert (first > 0.1).all()
    for step in range(STEPS):
        optimiser.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
        source = network(pictures())
        loss = source_loss(source, truth, source.heat, truth)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
    error = (network.eval()(pictures()).point - truth).norm(dim=1)
    assert (error < 0.02).all(), f"{error.tolist()} of the width"
