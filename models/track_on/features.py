"""One frame as Track-On sees it, before any point is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from .blocks import LEVELS, WIDTH, pyramid
from .vit_adapter import WIDTH as ENCODER_WIDTH
from .vit_adapter import ViTAdapter

SIZE: Final = (384, 512)  # height and width of the network's pictures
STRIDE: Final = 4
GRID: Final = (SIZE[0] // STRIDE, SIZE[1] // STRIDE)
_MEAN: Final = (0.485, 0.456, 0.406)  # ImageNet's
_SD: Final = (0.229, 0.224, 0.225)


@dataclass(frozen=True, eq=False)
class FrameFeatures:
    """B frames, encoded, on four levels l = 0..3 of 96 / 2^l by 128 / 2^l cells.

    seen: maps (B, 256, h, w) that descriptors are sampled from, and that the decoder and the memory look at. decoded:
    such maps that points are found in. length (B, 1, h, w) float32: of the vectors of `decoded`.
    """

    seen: list[Tensor]
    decoded: list[Tensor]
    length: list[Tensor]

    @classmethod
    def of(cls, seen: Tensor, decoded: Tensor) -> "FrameFeatures":
        """From the two finest maps. The first is read cell by cell, the second channel by channel, and laid out so."""
        maps = pyramid(decoded.contiguous())
        lengths = [level.float().norm(dim=1, keepdim=True).clamp_min(1e-12) for level in maps]
        return cls(pyramid(seen.contiguous(memory_format=torch.channels_last)), maps, lengths)

    @classmethod
    def stack(cls, frames: Sequence["FrameFeatures"]) -> "FrameFeatures":
        """Frames of several clips as one batch."""
        if len(frames) == 1:
            return frames[0]
        levels = range(LEVELS)
        return cls(
            [torch.cat([frame.seen[level] for frame in frames]) for level in levels],
            [torch.cat([frame.decoded[level] for frame in frames]) for level in levels],
            [torch.cat([frame.length[level] for frame in frames]) for level in levels],
        )


class Backbone(nn.Module):
    """Pictures to maps at stride 4 with learnt positions."""

    def __init__(self) -> None:
        super().__init__()
        self.vit_encoder = ViTAdapter()
        self.token_projection = nn.Conv2d(ENCODER_WIDTH, WIDTH, 1)
        self.frame_pos_embedding = nn.Parameter(torch.zeros(1, WIDTH, *GRID))

    def forward(self, pictures: Tensor) -> Tensor:
        """RGB pictures (B, 3, 384, 512) in 0..1 to maps (B, 256, 96, 128)."""
        mean, sd = (pictures.new_tensor(each)[:, None, None] for each in (_MEAN, _SD))
        return self.token_projection(self.vit_encoder((pictures - mean) / sd)) + self.frame_pos_embedding


def stretched(frames: Tensor) -> Tensor:
    """RGB frames (B, 3, H, W) in 0..255 as the network's pictures (B, 3, 384, 512) in 0..1; corners stay corners."""
    return F.interpolate(frames / 255, SIZE, mode="bilinear", align_corners=False)


class FeatureDecoder(nn.Module):
    """Four linear layers per cell, three of them residual: the space in which descriptors and cells are compared."""

    def __init__(self) -> None:
        super().__init__()
        self.linear1, self.linear2, self.linear3, self.linear4 = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, cells: Tensor) -> Tensor:
        """(B, P, C) to (B, P, C)."""
        for layer in (self.linear1, self.linear2, self.linear3):
            cells = F.relu(layer(cells) + cells)
        return self.linear4(cells)
