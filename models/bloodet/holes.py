"""Small holes in a mask, filled."""

import numpy as np
import torch
from torch import Tensor


def filled(logits: Tensor, area: int) -> Tensor:
    """Mask logits (B, 1, h, w) with every hole of at most `area` pixels set to 0.1, just inside.

    A hole is what is not above 0 and hangs together, corners included; SAM 2 does so where its CUDA part is built.
    """
    from scipy.ndimage import label

    holes = np.zeros(logits.shape, bool)
    for number, outside in enumerate((logits[:, 0] <= 0).cpu().numpy()):
        labels, _ = label(outside, structure=np.ones((3, 3)))
        holes[number, 0] = outside & (np.bincount(labels.ravel())[labels] <= area)
    return torch.where(torch.from_numpy(holes).to(logits.device), 0.1, logits)
