"""The losses of BlooDet's two branches (SurgBlood 4.4, Eqs. 12-13)."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from ..region_point_model import RegionPoint

# Of the released code; the paper states neither. Lin et al., ICCV 2017, weigh the rare class with 0.25.
FOCAL_ALPHA: Final = 0.75
FOCAL_GAMMA: Final = 2.0


@dataclass(frozen=True, eq=False)
class RegionPointTruth:
    """What frames show, for frames of shape `...`, as (B, T) or (B,).

    mask (..., 1, H, W) in [0, 1]: the bleeding region, of any size that the logits' divides. point (..., 2) in [0, 1]:
    the bleeding source, x over the width, y over the height, anything where there is none. present (...) bool: there
    is one. edge, as mask: of the region; None: it is drawn from the mask.
    """

    mask: Tensor
    point: Tensor
    present: Tensor
    edge: Tensor | None = None


@dataclass(frozen=True)
class LossWeights:
    """lambda_r, lambda_e, lambda_s and lambda_p of Eqs. 12-13. per_clip: see `point_loss`."""

    region: float = 1.0
    edge: float = 1.0
    presence: float = 1.0
    point: float = 0.5
    per_clip: bool = False


PAPER_WEIGHTS: Final = LossWeights()
CODE_WEIGHTS: Final = LossWeights(edge=0.5, point=1.0, per_clip=True)


def mask_branch_loss(found: RegionPoint, truth: RegionPointTruth, weights: LossWeights = PAPER_WEIGHTS) -> Tensor:
    """L_m, Eq. 12: lambda_r L_r + lambda_e L_e; without L_e where the model draws no edges."""
    loss = weights.region * map_loss(found.mask_logits, truth.mask)
    if found.edge_logits is None:
        return loss
    edge = edge_target(truth.mask) if truth.edge is None else truth.edge
    return loss + weights.edge * map_loss(found.edge_logits, edge)


def point_branch_loss(found: RegionPoint, truth: RegionPointTruth, weights: LossWeights = PAPER_WEIGHTS) -> Tensor:
    """L_p, Eq. 13: lambda_p times the loss of the points + lambda_s L_s."""
    points = point_loss(found.point, truth.point, truth.present, per_clip=weights.per_clip)
    return weights.point * points + weights.presence * presence_loss(found.presence_logit, truth.present)


def map_loss(logits: Tensor, target: Tensor) -> Tensor:
    """L_r and L_e: focal loss + Dice loss of logits (..., 1, h, w), against a map (..., 1, H, W) made as small."""
    logits = logits.flatten(0, -4)
    small = functional.interpolate(target.flatten(0, -4).to(logits.dtype), logits.shape[-2:], mode="area")
    return focal_loss(logits, small) + dice_loss(logits, small)


def focal_loss(logits: Tensor, target: Tensor, *, alpha: float = FOCAL_ALPHA, gamma: float = FOCAL_GAMMA) -> Tensor:
    """Lin et al., ICCV 2017, Eq. 5, over all pixels: the mean of -alpha_t (1 - p_t)^gamma log(p_t).

    target: the part of each pixel that belongs, in [0, 1]; between 0 and 1 the terms are mixed.
    """
    chance = torch.sigmoid(logits)
    likely = target * chance + (1 - target) * (1 - chance)
    balance = target * alpha + (1 - target) * (1 - alpha)
    entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (balance * (1 - likely) ** gamma * entropy).mean()


def dice_loss(logits: Tensor, target: Tensor, *, smooth: float = 1e-6) -> Tensor:
    """Milletari et al., 3DV 2016: the mean over maps (N, 1, h, w) of 1 - 2 |A B| / (|A| + |B|)."""
    chance = torch.sigmoid(logits)
    both = (chance * target).sum(dim=(2, 3))
    either = chance.sum(dim=(2, 3)) + target.sum(dim=(2, 3))
    return 1 - ((2 * both + smooth) / (either + smooth)).mean()


def point_loss(point: Tensor, target: Tensor, present: Tensor, *, per_clip: bool = False) -> Tensor:
    """Smooth L1 of points (..., 2) in [0, 1] on frames that have one, mean over x and y; 0 where none has.

    The mean over those frames, or, as the released code has it (per_clip), their sum over a clip: T times as much.
    """
    wanted = torch.where(present[..., None], target, point.detach())
    frames = functional.smooth_l1_loss(point, wanted, reduction="none").mean(-1) * present
    count = frames.numel() / frames.shape[-1] if per_clip else present.sum().clamp(min=1)
    return frames.sum() / count


def presence_loss(logit: Tensor, present: Tensor) -> Tensor:
    """L_s: binary cross-entropy of the presence logits (...), mean over frames."""
    return functional.binary_cross_entropy_with_logits(logit, present.to(logit.dtype))


def edge_target(mask: Tensor, width: int = 3) -> Tensor:
    """The edge of a region, mask (..., 1, H, W) in [0, 1]: its morphological gradient, as large.

    What dilation with a square of `width` pixels adds and erosion takes away; a region at the border of the picture has
    no edge there. SurgBlood ships edge maps for training and does not say how they were drawn.
    """
    maps = mask.flatten(0, -4).float()
    dilated = functional.max_pool2d(maps, width, stride=1, padding=width // 2)
    eroded = -functional.max_pool2d(-maps, width, stride=1, padding=width // 2)
    return (dilated - eroded).reshape(mask.shape)
