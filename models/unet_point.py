"""U-Net with a point head: bleeding region and bleeding source of each frame by itself.

The network is that of Ronneberger et al., MICCAI 2015, as segmentation-models-pytorch builds it on a ResNet.
SurgBlood's Table 2 gives region models "an additional point/region prediction head" (its dagger) and does not say
which: this one is ours.
"""

from typing import Final, cast

import torch
from torch import Tensor, nn

from ..datasets.schema import ImageSize
from .region_point_model import RegionPoint
from .region_point_net import RegionPointNet, Size

_MEAN: Final = (0.485, 0.456, 0.406)
_DEVIATION: Final = (0.229, 0.224, 0.225)


class UnetPoint(nn.Module):
    """An OnlineRegionPointModel without memory: its state is None.

    The decoder draws two maps, the region's logits and a heat whose soft arg-max is the point (Nibali et al., 2018,
    DSNT); presence is read from the encoder's last features. encoder: a name of segmentation-models-pytorch, which
    always begins random: nothing is downloaded behind anybody's back. channels: of the decoder, from coarse to fine,
    as many as the encoder has levels. Sides of pictures must be multiples of 32.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self, *, encoder: str = "resnet34", channels: tuple[int, ...] = (256, 128, 64, 32, 16), dropout: float = 0.0
    ) -> None:
        from segmentation_models_pytorch import Unet

        super().__init__()
        self.network = Unet(
            encoder, encoder_weights=None, encoder_depth=len(channels), decoder_channels=channels, classes=2
        )
        self.presence = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.network.encoder.out_channels[-1], 1))
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION)[:, None, None], persistent=False)

    def forward(self, clip: Tensor) -> RegionPoint:
        """clip: (B, T, 3, H, W) in [0, 1], RGB; masks (B, T, 1, H, W)."""
        batch, frames = clip.shape[:2]
        found = self._frames(clip.flatten(0, 1))
        return RegionPoint(
            found.mask_logits.unflatten(0, (batch, frames)),
            found.point.unflatten(0, (batch, frames)),
            found.presence_logit.unflatten(0, (batch, frames)),
        )

    def start(self) -> None:
        """Nothing is remembered."""

    def step(self, frame: Tensor, state: None) -> tuple[RegionPoint, None]:  # noqa: ARG002 - as the protocol has it
        """The next frame (B, 3, H, W) in [0, 1], and what it shows; masks (B, 1, H, W)."""
        return self._frames(frame), None

    def _frames(self, pictures: Tensor) -> RegionPoint:
        features = self.network.encoder((pictures - self.mean) / self.deviation)
        maps = cast(Tensor, self.network.segmentation_head(self.network.decoder(features)))
        presence = self.presence(features[-1].mean((2, 3)))[:, 0]
        return RegionPoint(maps[:, :1], soft_argmax(maps[:, 1]), presence)


def soft_argmax(heat: Tensor) -> Tensor:
    """The mean place (B, 2), x and y in [0, 1], of heat (B, h, w) after a softmax over all its cells."""
    height, width = heat.shape[1:]
    share = heat.float().flatten(1).softmax(1).unflatten(1, (height, width))
    x = (torch.arange(width, device=heat.device) + 0.5) / width
    y = (torch.arange(height, device=heat.device) + 0.5) / height
    return torch.stack([share.sum(1) @ x, share.sum(2) @ y], dim=1)


def _make(size: Size) -> UnetPoint:
    """24.4 M parameters in full, 1.6 M tiny."""
    return UnetPoint(encoder="tu-resnet10t", channels=(64, 32, 16, 8)) if size == "tiny" else UnetPoint()


SPEC: Final = RegionPointNet(
    name="unet",
    title="U-Net + point",
    reference="Ronneberger et al., MICCAI 2015, with a point head of ours",
    make=_make,
    pictures={"full": ImageSize(512, 512), "tiny": ImageSize(128, 128)},
    rate=1e-3,
)
