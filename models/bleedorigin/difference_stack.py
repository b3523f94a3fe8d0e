"""Three convolutions over a difference of pictures: the feature extractor of BleedOrigin 4.1.1."""

from itertools import pairwise
from typing import Final

from torch import nn

STRIDE: Final = 8


def difference_stack(channels_in: int, channels: int) -> nn.Sequential:
    """Maps (P, channels_in, H, W) -> (P, channels, H / 8, W / 8); kernels of 3, strides of 2, which are ours.

    No normalisation: it would take away how much has changed, which is what is looked for.
    """
    widths = (channels_in, max(1, channels // 2), channels, channels)
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        convolution = nn.Conv2d(before, after, 3, stride=2, padding=1)
        # PyTorch's own start loses most of a small difference in three layers.
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        layers += [convolution, nn.GELU()]
    return nn.Sequential(*layers)
