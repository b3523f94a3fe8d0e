"""The vision encoders of BleedOrigin-Detect (Section 4.1.2 and Table 8) by name, from timm."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from torch import Tensor, nn

from ..weights import fit_weights, load_weights

# Table 8's four are ViT-L of patch 14 here: one size, so that the pre-training makes the difference. PE-Core exists at
# 448 px as a model of 1,852 M only; its ViT-L was trained at 336 px and is run at 448 by stretching its positions.
# The two small ones are of PE-Spatial's family, for machines without a GPU.
ENCODERS: Final[Mapping[str, str]] = {
    "pe_spatial_448": "vit_pe_spatial_large_patch14_448",
    "pe_core_448": "vit_pe_core_large_patch14_336",
    "pe_lang_448": "vit_pe_lang_large_patch14_448",
    "dinov2": "vit_large_patch14_dinov2",
    "pe_spatial_base": "vit_pe_spatial_base_patch16_512",
    "pe_spatial_tiny": "vit_pe_spatial_tiny_patch16_512",
}

_UNREAD: Final = ("attn_pool.", "head.", "mask_token")  # in some of timm's files; they come behind the map we take


class VisionEncoder(nn.Module):
    """F_v: a transformer's last tokens as a map. `width`: its channels; `patch`: a cell's side in pixels.

    encoder: a name of ENCODERS. weights: a file of timm's for that encoder, or "random", said outright. Raises
    ValueError for another name and BleedkitError where the file does not fit to the last entry.
    """

    vit: Any  # timm's models share no type that has their width, patches and normalisation

    def __init__(self, encoder: str, weights: Path | Literal["random"]) -> None:
        super().__init__()
        import timm

        if encoder not in ENCODERS:
            raise ValueError(f"there is no encoder {encoder!r}; choose from {', '.join(ENCODERS)}")
        # Without a pooling head; positions are stretched to whatever picture comes.
        self.vit = timm.create_model(
            ENCODERS[encoder], pretrained=False, num_classes=0, global_pool="", dynamic_img_size=True
        )
        if weights != "random":
            tensors = load_weights(weights).items()
            fit_weights(self.vit, {k: v for k, v in tensors if not k.startswith(_UNREAD)}, weights)
        self.width = int(self.vit.embed_dim)
        self.patch = int(self.vit.patch_embed.patch_size[0])
        self._mean = tuple(self.vit.pretrained_cfg["mean"])
        self._sd = tuple(self.vit.pretrained_cfg["std"])

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) in [0, 1], sides multiples of `patch`, to (B, width, H / patch, W / patch)."""
        mean, sd = (pictures.new_tensor(each)[:, None, None] for each in (self._mean, self._sd))
        (seen,) = self.vit.forward_intermediates(
            (pictures - mean) / sd, indices=1, norm=True, output_fmt="NCHW", intermediates_only=True
        )
        return seen
