"""What trains BleedOrigin-Detect to find the source: Eq. 5."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ..source_model import Source

SIGMA: float = 0.02  # of the Gaussians, in widths of the heat map; the paper names none


def gaussian_heat(points: Tensor, size: tuple[int, int], sigma: float = SIGMA) -> Tensor:
    """A Gaussian of height 1 round each of points (..., 2), x and y in [0, 1]: maps (..., 1, h, w) of `size` (h, w).

    sigma: in widths of the map, and round in its cells.
    """
    height, breadth = size
    x = torch.arange(breadth, device=points.device) + 0.5 - breadth * points[..., 0, None]
    y = torch.arange(height, device=points.device) + 0.5 - height * points[..., 1, None]
    squared = x[..., None, :] ** 2 + y[..., :, None] ** 2
    return torch.exp(-squared / (2 * (sigma * breadth) ** 2))[..., None, :, :]


def source_loss(
    source: Source,
    truth: Tensor,
    pseudo_heat: Tensor,
    pseudo_truth: Tensor,
    *,
    lambda1: float = 0.5,
    lambda2: float = 0.5,
    delta: float = 1.0,
    sigma: float = SIGMA,
) -> Tensor:
    """L_d = lambda1 MSE(H_p, H_gt) + lambda2 / N sum_n MSE(H_p^n, H_pseudo^n) + delta Huber(P_pred, P_gt), a scalar.

    source: what the model says of the labelled onset frames I_t, B of them; truth (B, 2): their sources, in [0, 1].
    pseudo_heat (M, 1, h, w): what it says of frames t + 1 .. t + n (n = 10) of all of them, those that flow reached;
    pseudo_truth (M, 2): where flow took the source to. M = 0 is allowed and leaves the middle term out, as for clips
    that end at the label.

    MSE is the mean over a map's cells, so that 1 / N sum is the mean over all pseudo-labels. Huber is in units of the
    picture's width and height and a mean over x and y: in pixels it would outweigh the maps a thousand times, which is
    not the "balance" that lambda1 = lambda2 = 0.5 and delta = 1 are said to strike. The paper says neither.
    """
    size = (source.heat.shape[-2], source.heat.shape[-1])
    real = F.mse_loss(source.heat, gaussian_heat(truth, size, sigma))
    coordinate = F.huber_loss(source.point, truth)
    loss = lambda1 * real + delta * coordinate
    if len(pseudo_heat):
        loss = loss + lambda2 * F.mse_loss(pseudo_heat, gaussian_heat(pseudo_truth, size, sigma))
    return loss
