"""The edge generator against loops over every pixel and wavelet, and its rows of Table 6."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from bleedkit.models.bloodet.edge_generator import EdgeGenerator, WaveletFilter
from bleedkit.models.bloodet.variant import CODE, PAPER


def speaking(module: torch.nn.Module) -> torch.nn.Module:
    made = torch.Generator().manual_seed(2)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point() and not name.endswith("kernels"):
            tensor.copy_(torch.rand(tensor.shape, generator=made) + (0.1 if "running_var" in name else -0.4))
    return module


def answer_by_hand(wavelet: WaveletFilter, features: np.ndarray) -> np.ndarray:
    """L_g * F as loops: each wavelet over all channels, its batch norm, the sum over 36, divided by 18."""
    channels, height, width = features.shape
    norm = wavelet.norm.requires_grad_(False)
    padded = np.pad(features, ((0, 0), (1, 1), (1, 1)))
    total = np.zeros((height, width))
    for number, kernel in enumerate(wavelet.kernels.numpy()):
        for row in range(height):
            for column in range(width):
                value = (padded[:, row : row + 3, column : column + 3] * kernel).sum()
                mean, variance = float(norm.running_mean[number]), float(norm.running_var[number])
                levelled = (value - mean) / np.sqrt(variance + norm.eps)
                total[row, column] += levelled * float(norm.weight[number]) + float(norm.bias[number])
    assert channels == wavelet.kernels.shape[1]
    return total / 18


def test_a_wavelet_filter_answers_as_the_loops_do_and_gates_with_that():
    wavelet = speaking(WaveletFilter(3, PAPER)).eval()
    features = torch.randn(1, 3, 5, 6, generator=torch.Generator().manual_seed(1))
    by_hand = answer_by_hand(wavelet, features[0].numpy())
    with torch.no_grad():
        np.testing.assert_allclose(wavelet.answer(features)[0, 0].numpy(), by_hand, atol=1e-5)
        gated = wavelet(features)[0].numpy()
    np.testing.assert_allclose(gated, features[0].numpy() / (1 + np.exp(-by_hand)), atol=1e-5)


def test_training_levels_by_the_batch_and_keeps_its_statistics():
    wavelet = WaveletFilter(3, PAPER).train()
    features = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    answers = functional.conv2d(features, wavelet.kernels, padding=1).numpy()
    mean, deviation = answers.mean((0, 2, 3), keepdims=True), answers.std((0, 2, 3), keepdims=True)
    expected = ((answers - mean) / np.sqrt(deviation**2 + 1e-5)).sum(1) / 18
    np.testing.assert_allclose(wavelet.answer(features)[:, 0].detach().numpy(), expected, atol=1e-4)
    np.testing.assert_allclose(wavelet.norm.running_mean.numpy(), 0.1 * mean.ravel(), atol=1e-6)


def test_the_wavelets_never_learn():
    wavelet = WaveletFilter(3, PAPER)
    assert {name for name, _ in wavelet.named_parameters()} == {"norm.weight", "norm.bias"}


def maps(seed: int = 4) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    made = torch.Generator().manual_seed(seed)
    shapes = ((1, 32, 4, 4), (1, 8, 8, 8), (1, 4, 16, 16))
    return tuple(torch.randn(shape, generator=made) for shape in shapes)


@pytest.mark.parametrize("form", [PAPER, CODE], ids=["paper", "code"])
def test_the_three_scales_come_together_as_fig5_draws_them(form):
    generator = speaking(EdgeGenerator(32, form, "full")).eval()
    coarse, middle, fine = maps()
    with torch.no_grad():
        top = generator.up1(generator.wavelet_0(coarse) * coarse.clamp(min=0))
        larger = generator.up_mid(coarse)
        if form is PAPER:  # the released code computes this and drops it
            top = top + generator.wavelet_1(larger) * middle.clamp(min=0)
        bottom = generator.wavelet_2(generator.up_bot(larger)) * fine.clamp(min=0)
        expected = generator.final_conv(bottom + generator.up2(top))
        torch.testing.assert_close(generator(coarse, middle, fine), expected)


def test_f2_refines_edges_in_the_papers_form_only():
    coarse, middle, fine = maps()
    for form, hangs in ((PAPER, True), (CODE, False)):
        generator = speaking(EdgeGenerator(32, form, "full")).eval()
        with torch.no_grad():
            assert torch.equal(generator(coarse, middle, fine), generator(coarse, -middle, fine)) is not hangs


def test_without_the_laplacian_eq9_is_the_feature_times_its_positive_part():
    generator = speaking(EdgeGenerator(32, PAPER, "no_laplacian")).eval()
    coarse, middle, fine = maps()
    with torch.no_grad():
        top = generator.up1(coarse * coarse.clamp(min=0)) + generator.up_mid(coarse) * middle.clamp(min=0)
        bottom = generator.up_bot(generator.up_mid(coarse)) * fine.clamp(min=0)
        torch.testing.assert_close(generator(coarse, middle, fine), generator.final_conv(bottom + generator.up2(top)))


def test_without_high_resolution_features_nothing_hangs_on_them():
    generator = speaking(EdgeGenerator(32, PAPER, "no_high_res")).eval()
    coarse, middle, fine = maps()
    with torch.no_grad():
        assert torch.equal(generator(coarse, middle, fine), generator(coarse, 0 * middle, 0 * fine))
        assert not torch.equal(generator(coarse, middle, fine), generator(2 * coarse, middle, fine))


@pytest.mark.parametrize(
    ("edge", "million"), [("none", 90.99), ("no_laplacian", 91.58), ("no_high_res", 91.55), ("full", 91.58)]
)
def test_table_6_counts_what_each_row_learns(edge, million):
    # All but the edge generator: 91,581,284 - 590,521, counted in the released network's entries.
    rest = 91_581_284 - 590_521
    learnt = 0 if edge == "none" else sum(p.numel() for p in EdgeGenerator(256, PAPER, edge).parameters())
    assert round((rest + learnt) / 1e6, 2) == million
