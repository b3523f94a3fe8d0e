"""Stands for a trained Track-On where its weights are not at hand: it matches looks, and nothing else.

For proofs that adapters learn, and for nothing that is to be scored against others.
"""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from ..models.track_on.blocks import WIDTH
from ..models.track_on.features import GRID
from ..models.track_on.network import TrackOn
from ..models.xfeat_features import kornia_xfeat


def matching_track_on(looks: nn.Module | None = None) -> TrackOn:
    """Points are where the picture looks as it did where they were asked for.

    looks: the encoder, pictures (B, 3, 384, 512) in 0..1 to maps (B, 256, 96, 128), of which points are found by what
    is positive; by default 256 random filters. Behind that every residual branch adds 0, every projection of query and
    cells is the identity, and of the four levels the finest alone counts.
    """
    track_on = TrackOn()
    silent = ("out_proj.", "output_proj.", "linear2.", "query_residual.", "feature_decoder.linear", "projection1.bias")
    track_on.backbone = looks or _RandomFilters()  # type: ignore[assignment]
    eye = torch.eye(WIDTH)
    with torch.no_grad():
        for name, parameter in track_on.named_parameters():
            if any(part in name for part in silent):
                parameter.zero_()
        for layer in (track_on.projection1, track_on.projection2, track_on.feature_decoder.linear4):
            layer.weight.copy_(eye)
            layer.bias.zero_()
        track_on.rerank_module.sample_query_fusion.weight.copy_(torch.cat([eye, torch.zeros_like(eye)], 1))
        track_on.rerank_module.sample_query_fusion.bias.zero_()
        track_on.corr_layer.weight.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0])[None, :, None, None])
    return track_on


class XFeatLooks(nn.Module):
    """XFeat's dense descriptors (64 channels at stride 8, Potje et al. 2024) as an encoder; path: its weights.

    Raises BleedkitError where they do not fit.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.net = kornia_xfeat(path, "cpu", top_k=1, threshold=0.0).net.requires_grad_(False)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Positive and negative parts lie apart: the feature decoder behind cuts what is negative."""
        fine = functional.interpolate(self.net(pictures)[0], GRID, mode="bilinear", align_corners=False)
        fine = functional.normalize(fine, dim=1)
        halves = torch.cat([fine.relu(), (-fine).relu()], 1)
        return functional.pad(halves, (0, 0, 0, 0, 0, WIDTH - halves.shape[1]))


class _RandomFilters(nn.Module):
    """Pictures (B, 3, 384, 512) in 0..1 to maps (B, 256, 96, 128): what each patch of 40 pixels looks like."""

    def __init__(self, side: int = 40) -> None:
        super().__init__()
        filters = torch.randn(WIDTH, 3, side // 4, side // 4)
        self.filters: torch.Tensor
        self.register_buffer("filters", filters - filters.mean((2, 3), keepdim=True))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        small = functional.avg_pool2d(pictures, 4)
        return functional.conv2d(functional.pad(small, (5, 4, 5, 4), mode="replicate"), self.filters)
