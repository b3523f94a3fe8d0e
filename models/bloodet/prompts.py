"""Prompts of the mask decoder: the edge map and the point of the other branch (SurgBlood 4.1, Eqs. 2-4)."""

import math
from typing import Any

import torch
from torch import Tensor


def click(encoder: Any, point: Tensor, side: int, *, exact: bool) -> Tensor:
    """P_p, Eq. 4: a point (B, 2) in [0, 1] as the two tokens (B, 2, c) of a positive click.

    C[sin(2 pi Po(P_m)), cos(2 pi Po(P_m))] + Le, where Po is a fixed random projection of the point, scaled to
    [-1, 1]; the second token says that no more points follow. encoder: a prompt encoder of sam2. exact: see
    Form.exact_click; side: of the picture, px, which half a pixel is measured in.
    """
    moved = point if exact else point + 0.5 / side
    angle = 2 * math.pi * ((2 * moved - 1) @ encoder.pe_layer.positional_encoding_gaussian_matrix)
    placed = torch.cat([angle.sin(), angle.cos()], dim=-1) + encoder.point_embeddings[1].weight
    return torch.stack([placed, encoder.not_a_point_embed.weight.expand_as(placed)], dim=1)


def edge_prompt(encoder: Any, edge_logits: Tensor) -> Tensor:
    """E_p, Eq. 3: three convolutions over the edge map (B, 1, 4 g, 4 g) -> (B, c, g, g)."""
    return encoder.mask_downscaling(edge_logits)


def no_map(encoder: Any, like: Tensor) -> Tensor:
    """What stands for a map where there is none, as large as the features `like` (B, c, g, g)."""
    return encoder.no_mask_embed.weight[..., None, None].expand_as(like)
