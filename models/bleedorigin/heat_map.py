"""The Heat-Map branch of BleedOrigin-Detect (Section 4.1.2): F_h, what the attention asks with."""

from torch import Tensor, nn

REDUCED: int = 4  # the two convolutions halve the picture each; the up-sampling one brings it back


class HeatMap(nn.Module):
    """Two 3x3 convolutions and an up-sampling one: pictures to features of the pictures' own size.

    An up-sampling convolution needs something to enlarge, so that both convolutions before it have stride 2: a reading
    of ours, as the paper names no strides, widths or norms.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, 2, 1)
        self.first_norm = nn.GroupNorm(1, width)
        self.second = nn.Conv2d(width, 2 * width, 3, 2, 1)
        self.second_norm = nn.GroupNorm(1, 2 * width)
        self.enlarge = nn.ConvTranspose2d(2 * width, width, REDUCED, REDUCED)
        self.act = nn.GELU()

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) in [0, 1], sides multiples of 4, to F_h (B, width, H, W)."""
        half = self.act(self.first_norm(self.first(2 * pictures - 1)))
        return self.enlarge(self.act(self.second_norm(self.second(half))))
