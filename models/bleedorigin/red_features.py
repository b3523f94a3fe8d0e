"""F_red of BleedOrigin-Track (Section 4.2.2): features that emphasise bright red regions."""

from torch import Tensor, nn

from .red_mask import red_mask


class RedFeatures(nn.Module):
    """The red mask through two 3x3 convolutions of stride 2: from the picture's size to Track-On's stride 4.

    The mask is the detection stage's; what makes features of it, the paper does not say.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, width, 3, 2, 1)
        self.second = nn.Conv2d(width, width, 3, 2, 1)
        self.act = nn.GELU()

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) in [0, 1], RGB, to F_red (B, width, H / 4, W / 4)."""
        return self.act(self.second(self.act(self.first(red_mask(pictures)))))
