"""Red-Mask (BleedOrigin, Section 4.1.2): where a picture is red, by a fixed formula."""

import torch
from torch import Tensor


def red_mask(pictures: Tensor) -> Tensor:
    """How red each pixel is, (B, 1, H, W) in [0, 1]: max(0, R - max(G, B)). pictures: (B, 3, H, W) in [0, 1], RGB.

    The paper "maps the intensity of the R channel" to where "saturated red areas" are, and gives no formula. R alone is
    as high in a white reflection as in blood. Weighed by the share of it that no other channel has,
    R * (R - max(G, B)) / R, it is 1 in pure red, 0 in anything grey or of another hue, and higher in blood than in
    mucosa. Nothing is learnt and nothing is thresholded, so that what looks at it can learn its own threshold.
    """
    red, green, blue = pictures.split(1, 1)
    return (red - torch.maximum(green, blue)).clamp_min(0)
