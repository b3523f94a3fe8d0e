"""BleedOrigin-Detect's second stage, Detect-Pixel (Section 4.1.2): the bleeding source in one picture."""

from pathlib import Path
from typing import Final, Literal

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ..source_model import Source
from ..weights import fit_weights, load_weights
from .heat_map import HeatMap
from .red_mask import red_mask
from .scale_attention import ScaleAttention
from .sub_pixel import highest_point
from .vision_encoder import VisionEncoder

SCALES: Final = (8, 4, 2, 1)  # S of Eq. 3 as H / S, coarse to fine


class SourceNetwork(nn.Module):
    """A SourceModel: heat-map, red-mask and encoder branches, attention at four scales, fused from coarse to fine.

    encoder: a name of ENCODERS, Table 8's row. encoder_weights: timm's file for it, or "random". The rest starts
    random; `load_source_network` gives a trained one. side: pixels, of the square that pictures are stretched to; the
    paper's encoder is PE-Spatial-448. width: channels of the branches; heads, reach: of the attention; ours, as the
    paper names none of them.

    The paper counts 129.03 M parameters (Table 10) and names PE-Spatial at 448 px, which exists with 304 M (large) and
    1,852 M (gigantic): this has 304.2 M, of which 0.2 M are not the encoder's.
    """

    def __init__(
        self,
        *,
        encoder: str = "pe_spatial_448",
        encoder_weights: Path | Literal["random"],
        side: int = 448,
        width: int = 32,
        heads: int = 4,
        reach: int = 2,
    ) -> None:
        super().__init__()
        self.encoder = VisionEncoder(encoder, encoder_weights)
        if side % SCALES[0] or side % self.encoder.patch:
            raise ValueError(f"side must be a multiple of 8 and of the encoder's {self.encoder.patch}, not {side}")
        self.side = side
        self.heat_map = HeatMap(width)
        self.attentions = nn.ModuleList(
            ScaleAttention(width, self.encoder.width, width, heads=heads, reach=reach) for _ in SCALES
        )
        self.fusions = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in SCALES)
        self.head = nn.Conv2d(width, 1, 1)
        # Heat that starts at about 0, as almost all of its target is: otherwise training first takes it all away.
        for parameter in self.head.parameters():
            nn.init.normal_(parameter, std=0.01)

    def forward(self, picture: Tensor) -> Source:
        """Pictures (B, 3, any, any) in [0, 1], RGB: heat (B, 1, side, side) and point (B, 2) in [0, 1]."""
        if picture.shape[-2:] != (self.side, self.side):
            picture = F.interpolate(picture, (self.side, self.side), mode="bilinear", align_corners=False)
        heat, red, seen = self.heat_map(picture), red_mask(picture), self.encoder(picture)
        fused = heat.new_zeros(())
        for scale, attention, fusion in zip(SCALES, self.attentions, self.fusions, strict=True):
            level = attention(F.avg_pool2d(heat, scale), F.avg_pool2d(red, scale), seen)
            if fused.dim():  # F_up
                fused = F.interpolate(fused, level.shape[-2:], mode="bilinear", align_corners=False)
            fused = F.gelu(fusion(level + fused))
        response = self.head(fused).float()
        return Source(response, highest_point(response))


def load_source_network(
    path: Path, *, encoder: str = "pe_spatial_448", side: int = 448, width: int = 32
) -> SourceNetwork:
    """A trained network, ready to answer.

    Raises BleedkitError where the file holds anything but all of the network's entries.
    """
    network = SourceNetwork(encoder=encoder, encoder_weights="random", side=side, width=width)
    fit_weights(network, load_weights(path), path)
    return network.eval().requires_grad_(False)
