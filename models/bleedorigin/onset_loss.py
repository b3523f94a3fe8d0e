"""L_bf, the loss of the onset's windows (BleedOrigin 4.1.3, Eq. 4), and the windows' targets."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ..onset_model import OnsetWindows


@dataclass(frozen=True, eq=False)
class OnsetTargets:
    """holds (B, K) float, 1 where a window holds the onset, else 0; position (B, K) in [0, 1], theta where it does."""

    holds: Tensor
    position: Tensor


def onset_targets(onset: Tensor, *, windows: int, window: int) -> OnsetTargets:
    """What K windows of N frames should say. onset (B,) int: frame of the clip as it is shown, -1: it never bleeds.

    Window k holds the onset if k <= onset < k + N; one that lies wholly after it is like one before (the paper's clips
    have none). theta is (onset - k + 0.5) / N, the middle of the frame: Eq. 2 rounds down, and a target at the frame's
    own edge would end up a frame early half of the time. The paper does not say where in the frame it is.
    """
    after_start = onset[:, None] - torch.arange(windows, device=onset.device)
    holds = (after_start >= 0) & (after_start < window) & (onset[:, None] >= 0)
    return OnsetTargets(holds.float(), torch.where(holds, (after_start + 0.5) / window, 0))


def onset_loss(said: OnsetWindows, targets: OnsetTargets, *, window: int) -> Tensor:
    """Eq. 4: BCE(S, 0) of windows without the onset; BCE(S, 1) + MSE(N * (theta, theta_gt)) of windows with it.

    The square is of frames, so a position off by ten frames weighs 100 beside some 0.7 for a confidence that knows
    nothing. The paper sums over windows; here the sum is divided by their number, so that a clip's length does not set
    the step. Returns a scalar.
    """
    confidence = binary_cross_entropy_with_logits(said.confidence_logit, targets.holds, reduction="none")
    frames_off = window * (said.position - targets.position)
    return (confidence + targets.holds * frames_off**2).mean()
