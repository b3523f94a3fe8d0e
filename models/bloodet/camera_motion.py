"""How far the view has moved: optical flow, averaged where no blood is (SurgBlood 4.2, Eq. 5)."""

import torch
from torch import Tensor
from torch.nn import functional

from .variant import Form, Motion


def motion_weight(mask_logits: Tensor, motion: Motion, side: int, form: Form) -> Tensor:
    """How much every pixel counts: mask logits (B, 1, h, w) -> (B, 1, side, side) in [0, 1].

    1 - M for the background, M for the foreground, 1 everywhere for the whole picture, where M is the chance that a
    pixel bleeds; the released code rounds it to 0 and 1.
    """
    if motion == "global":
        return mask_logits.new_ones(len(mask_logits), 1, side, side)
    logits = functional.interpolate(mask_logits, size=(side, side), mode="bilinear", align_corners=False)
    background = torch.sigmoid(-logits) if form.soft_mean else (logits <= 0).to(logits.dtype)
    return background if motion == "background" else 1 - background


def view_offset(flow: Tensor, weight: Tensor, form: Form) -> Tensor:
    """O-bar of Eq. 5: the mean of flow (B, 2, H, W), pixels, under a weight (B, 1, H, W) -> (B, 2), pixels, x then y.

    The paper divides by H x W whatever the weight; the released code by the weight's own sum.
    """
    total = (flow * weight).sum(dim=(2, 3))
    if form.soft_mean:
        return total / (flow.shape[2] * flow.shape[3])
    return total / (weight.sum(dim=(2, 3)) + 1e-6)
