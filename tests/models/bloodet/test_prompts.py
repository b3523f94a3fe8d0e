"""Prompts: Eq. 4 by hand, and against SAM 2's own encoder."""

import math

import torch

from bleedkit.models.bloodet.prompts import click, edge_prompt, no_map
from bleedkit.models.bloodet.sam_parts import prompt_encoder
from bleedkit.models.bloodet.size import TINY


def encoder():
    torch.manual_seed(3)
    return prompt_encoder(TINY).eval()


def test_eq4_by_hand():
    made, point = encoder(), torch.tensor([[0.75, 0.4]])
    found = click(made, point, TINY.image, exact=True)[0, 0].detach()
    matrix, learnt = made.pe_layer.positional_encoding_gaussian_matrix, made.point_embeddings[1].weight[0].detach()
    half = TINY.hidden // 2
    for channel in (0, 7, half - 1):
        # Po: [0, 1] becomes [-1, 1] and is projected: 0.5 along x and -0.2 along y.
        angle = 2 * math.pi * (0.5 * float(matrix[0, channel]) - 0.2 * float(matrix[1, channel]))
        assert math.isclose(found[channel], math.sin(angle) + learnt[channel], abs_tol=1e-5)
        assert math.isclose(found[half + channel], math.cos(angle) + learnt[half + channel], abs_tol=1e-5)


def test_not_exact_it_is_sams_own_click_and_its_padding():
    made, point = encoder(), torch.tensor([[0.75, 0.4], [0.1, 0.9]])
    labels = torch.ones(2, 1, dtype=torch.int32)
    sparse, _ = made(points=(point[:, None] * TINY.image, labels), boxes=None, masks=None)
    torch.testing.assert_close(click(made, point, TINY.image, exact=False), sparse)


def test_edges_are_coded_by_three_convolutions_and_missing_ones_by_one_vector():
    made, edge = encoder(), torch.randn(2, 1, 4 * TINY.grid, 4 * TINY.grid)
    _, dense = made(points=None, boxes=None, masks=edge)
    torch.testing.assert_close(edge_prompt(made, edge), dense)
    kinds = [type(layer).__name__ for layer in made.mask_downscaling]
    # Eq. 3, from the inside: Conv, LN and GeLU, twice, and Conv.
    assert kinds == ["Conv2d", "LayerNorm2d", "GELU", "Conv2d", "LayerNorm2d", "GELU", "Conv2d"]
    _, none = made(points=None, boxes=None, masks=None)
    torch.testing.assert_close(no_map(made, torch.zeros(1, TINY.hidden, TINY.grid, TINY.grid)), none)


def test_a_click_can_be_learnt_through():
    point = torch.tensor([[0.3, 0.6]], requires_grad=True)
    click(encoder(), point, TINY.image, exact=True).sum().backward()
    assert (point.grad != 0).all()
