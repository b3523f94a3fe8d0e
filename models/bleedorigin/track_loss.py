"""What fine-tunes BleedOrigin-Track: Eq. 8."""

import torch.nn.functional as F  # noqa: N812
from torch import Tensor


def track_loss(
    predicted: Tensor,
    target: Tensor,
    human: Tensor,
    pseudo: Tensor,
    *,
    omega1: float = 0.6,
    omega2: float = 0.4,
    delta: float = 1.0,
) -> Tensor:
    """L_track = omega1 Huber(P_pred, P_gt) + omega2 1/N sum_i Huber(P_pred^i, P_pseudo^i), a scalar.

    predicted, target (..., 2): pixels of the 512 by 384 picture. human, pseudo (...) bool: where the target is a
    human's label of the bleeding source (P_gt), and where a pseudo-label of it or of a keypoint round it; elsewhere
    there is none, and target may hold anything. Each term is the mean over its labels and over x and y; one without
    labels is 0, with a gradient of 0. delta: pixels up to which Huber is quadratic; 1, as in the loss of the source.
    """
    return omega1 * _mean_huber(predicted, target, human, delta) + omega2 * _mean_huber(
        predicted, target, pseudo, delta
    )


def _mean_huber(predicted: Tensor, target: Tensor, which: Tensor, delta: float) -> Tensor:
    error = F.huber_loss(predicted[which], target[which], reduction="sum", delta=delta)
    return error / (2 * which.sum()).clamp_min(1)
