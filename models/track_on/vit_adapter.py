"""ViT-Adapter (Chen et al., ICLR 2023) over DINOv2's ViT-S/14: a plain transformer that gives a stride-4 map.

Convolutions look at the picture at strides 4 to 32 beside the transformer; four times the two exchange what they see
by deformable attention. Names of parameters are the official checkpoint's.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from .deformable_attention import DeformableAttention, centres
from .vision_transformer import Block

WIDTH: Final = 384  # of ViT-S
HEADS: Final = 6
DEPTH: Final = 12
PATCH: Final = 14
_TRAINED_SIDE: Final = 37  # patches along a side of the 518-pixel pictures that DINOv2's positions were learnt on
Shape = tuple[int, int]


class ViTAdapter(nn.Module):
    """Pictures to features at a quarter of their size; height and breadth must be multiples of 32."""

    def __init__(self) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + _TRAINED_SIDE**2, WIDTH))
        self.level_embed = nn.Parameter(torch.zeros(3, WIDTH))
        self.patch_embed = nn.Sequential(OrderedDict(proj=nn.Conv2d(3, WIDTH, PATCH, PATCH)))
        self.blocks = nn.ModuleList(Block(WIDTH, HEADS) for _ in range(DEPTH))
        self.spm = SpatialPrior()
        self.interactions = nn.ModuleList(Interaction(last=i == 3) for i in range(4))
        self.up = nn.ConvTranspose2d(WIDTH, WIDTH, 2, 2)
        self.norm1 = nn.BatchNorm2d(WIDTH)
        # In the checkpoint, but nothing looks at them: the transformer's own last norm, and those of strides 8 to 32.
        self.norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.norm2, self.norm3, self.norm4 = (nn.BatchNorm2d(WIDTH) for _ in range(3))

    def forward(self, pictures: Tensor) -> Tensor:
        """Normalised RGB pictures (B, 3, H, W) to features (B, 384, H / 4, W / 4)."""
        height, breadth = pictures.shape[-2:]
        shapes = [(height // stride, breadth // stride) for stride in (8, 16, 32)]
        stride4, *coarser = self.spm(pictures)
        detail = torch.cat([c.flatten(2).mT + e for c, e in zip(coarser, self.level_embed, strict=True)], 1)
        tokens, grid = self._embed(pictures)
        depth = DEPTH // len(self.interactions)
        for i, interaction in enumerate(self.interactions):
            blocks = self.blocks[i * depth : (i + 1) * depth]
            tokens, detail = interaction(tokens, grid, detail, shapes, blocks)
        return self.norm1(self.up(as_maps(detail, shapes[:1])[0]) + stride4)

    def _embed(self, pictures: Tensor) -> tuple[Tensor, Shape]:
        """Tokens (B, 1 + h * w, 384), the class first, and their grid (h, w); whole patches by resizing."""
        grid = (pictures.shape[-2] // PATCH, pictures.shape[-1] // PATCH)
        whole = F.interpolate(pictures, (grid[0] * PATCH, grid[1] * PATCH), mode="bilinear", align_corners=False)
        trained = self.pos_embed[:, 1:].mT.unflatten(2, (_TRAINED_SIDE, _TRAINED_SIDE))
        places = F.interpolate(trained, grid, mode="bicubic", align_corners=False)
        patches = (self.patch_embed(whole) + places).flatten(2).mT
        first = (self.cls_token + self.pos_embed[:, :1]).expand(len(pictures), -1, -1)
        return torch.cat([first, patches], 1), grid


class SpatialPrior(nn.Module):
    """Convolutions that keep what 14-pixel patches lose: features at strides 4, 8, 16, 32, each 384 wide."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            *_conv(3, width, stride=2), *_conv(width, width), *_conv(width, width), nn.MaxPool2d(3, 2, 1)
        )
        self.conv2 = nn.Sequential(*_conv(width, 2 * width, stride=2))
        self.conv3 = nn.Sequential(*_conv(2 * width, 4 * width, stride=2))
        self.conv4 = nn.Sequential(*_conv(4 * width, 4 * width, stride=2))
        self.fc1, self.fc2, self.fc3, self.fc4 = (nn.Conv2d(n * width, WIDTH, 1) for n in (1, 2, 4, 4))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """(B, 3, H, W) to four maps (B, 384, H / s, W / s)."""
        stride4 = self.stem(pictures)
        stride8 = self.conv2(stride4)
        stride16 = self.conv3(stride8)
        stride32 = self.conv4(stride16)
        return [self.fc1(stride4), self.fc2(stride8), self.fc3(stride16), self.fc4(stride32)]


def _conv(come: int, go: int, stride: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(come, go, 3, stride, 1, bias=False), nn.BatchNorm2d(go), nn.ReLU(inplace=True)]


class Interaction(nn.Module):
    """Detail into the tokens, a quarter of the transformer, and tokens back into the detail; the last time thrice."""

    def __init__(self, *, last: bool) -> None:
        super().__init__()
        self._last = last
        self.injector = Injector()
        self.extractor = Extractor()
        self.extra_extractors = nn.ModuleList(Extractor() for _ in range(2 if last else 0))

    def forward(
        self, tokens: Tensor, grid: Shape, detail: Tensor, shapes: Sequence[Shape], blocks: nn.ModuleList
    ) -> tuple[Tensor, Tensor]:
        """Both anew: tokens (B, 1 + h * w, C) on `grid` (h, w); detail (B, S, C), maps of `shapes` one after the other.

        The last interaction gives only the first of the maps: nothing looks at the others any more.
        """
        patches = self.injector(tokens[:, 1:], centres([grid], tokens), detail, shapes)
        tokens = torch.cat([tokens[:, :1], patches], 1)
        for block in blocks:
            tokens = block(tokens)
        if self._last:
            shapes = shapes[:1]
            detail = detail[:, : shapes[0][0] * shapes[0][1]]
        for extractor in (self.extractor, *self.extra_extractors):
            detail = extractor(detail, shapes, tokens[:, 1:], grid)
        return tokens, detail


class Injector(nn.Module):
    """What the patches take from the detail."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(WIDTH))
        self.query_norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.feat_norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.attn = DeformableAttention(WIDTH, HEADS, levels=3)

    def forward(self, patches: Tensor, places: Tensor, detail: Tensor, shapes: Sequence[Shape]) -> Tensor:
        """Patches (B, S, C) with their centres `places` (1, S, 2), anew."""
        query = self.query_norm(patches)
        seen = self.attn(query, places, as_maps(self.feat_norm(detail), shapes))
        return patches + self.gamma * (query + seen)  # the attention of the official code adds its query


class Extractor(nn.Module):
    """What the detail takes from the patches, and a feed-forward with a convolution per map."""

    def __init__(self, inner: int = WIDTH // 4) -> None:
        super().__init__()
        self.query_norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.feat_norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.attn = DeformableAttention(WIDTH, HEADS, levels=1)
        self.ffn = ConvolutionalMLP(WIDTH, inner)
        self.ffn_norm = nn.LayerNorm(WIDTH, eps=1e-6)

    def forward(self, detail: Tensor, shapes: Sequence[Shape], patches: Tensor, grid: Shape) -> Tensor:
        """Detail (B, S, C), maps of `shapes` one after the other, anew."""
        query = self.query_norm(detail)
        seen = self.attn(query, centres(shapes, detail), as_maps(self.feat_norm(patches), [grid]))
        detail = detail + query + seen  # as above
        return detail + self.ffn(self.ffn_norm(detail), shapes)


class ConvolutionalMLP(nn.Module):
    """Two linear layers with a depth-wise 3x3 convolution between them."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, inner)
        self.dwconv = nn.Sequential(OrderedDict(dwconv=nn.Conv2d(inner, inner, 3, 1, 1, groups=inner)))
        self.fc2 = nn.Linear(inner, width)

    def forward(self, detail: Tensor, shapes: Sequence[Shape]) -> Tensor:
        """(B, S, C), maps of `shapes` one after the other, to the same."""
        maps = [self.dwconv(one).flatten(2) for one in as_maps(self.fc1(detail), shapes)]
        return self.fc2(F.gelu(torch.cat(maps, 2).mT))


def as_maps(tokens: Tensor, shapes: Sequence[Shape]) -> list[Tensor]:
    """Tokens (B, S, C), maps one after the other, as maps (B, C, h, w)."""
    parts = tokens.mT.split([height * breadth for height, breadth in shapes], 2)
    return [part.unflatten(2, shape) for part, shape in zip(parts, shapes, strict=True)]
