"""PWC-Net: optical flow by pyramid, warping and cost volume (Sun, Yang, Liu and Kautz, CVPR 2018), as a frozen module.

The layers are those of ptlflow's `pwcnet`. What happens between them is written here, as the common checkpoint
`network-default` has learnt it: ptlflow's own forward keeps fewer warped pixels, enlarges the flow from corner to
corner, and encodes a frame again for every pair it is in.
"""

import logging
import warnings
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..datasets.errors import BleedkitError
from .flow_model import resized_flow
from .pwc_net_names import ptlflow_names
from .weights import fit_weights, load_weights

STRIDE: Final = 64  # of the coarsest level: pictures are stretched to multiples of it
REACH: Final = 4  # d of the paper: the cost volume looks so many cells up, down, left and right
_SCALE: Final = 20.0  # flow is learnt in units of 20 pixels of the whole picture
_COVERED: Final = 0.999  # a warped cell counts where so much of it comes from inside the picture
_LEVELS: Final = (6, 5, 4, 3, 2)  # 1/64 to 1/4 of the picture's side, coarse to fine
_DENSE: Final = 5  # layers of a decoder, each fed with all before it
_REFINER: Final = 7


@dataclass(frozen=True, eq=False)
class Pyramid:
    """A batch of pictures, encoded. size: their height and width; levels: level 1 (1/2 of the side) to 6 (1/64).

    stretched: height and width the levels are parts of, the next multiples of STRIDE.
    """

    levels: tuple[Tensor, ...]
    size: tuple[int, int]
    stretched: tuple[int, int]


class PwcNet(nn.Module):
    """PWC-Net in float32, whatever autocast says; nothing in it learns. A FrameFlow.

    Its weights are random until `fit_weights` or `load_pwc_net` puts the checkpoint's into it. Making the first one in
    a process takes some 10 s, which is ptlflow's import. Raises BleedkitError where ptlflow is not installed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict(_ptlflow_layers())
        self.requires_grad_(False)
        for kernel in (weight for weight in self.parameters() if weight.dim() == 4):
            kernel.data = kernel.data.contiguous(memory_format=torch.channels_last)  # a quarter less time on a CPU

    def forward(self, previous: Tensor, current: Tensor) -> Tensor:
        """Where every pixel of `previous` has gone in `current`.

        Both (B, 3, H, W) in [0, 1], RGB. Returns (B, 2, H, W) float32, pixels of these pictures, x then y.
        """
        return self.flow(self.pyramid(previous), self.pyramid(current))

    @torch.no_grad()
    def pyramid(self, pictures: Tensor) -> Pyramid:
        """Encode pictures (B, 3, H, W) in [0, 1], RGB; done once a picture, for every pair it is in."""
        height, width = pictures.shape[-2:]
        stretched = (-(-height // STRIDE) * STRIDE, -(-width // STRIDE) * STRIDE)
        with torch.autocast(pictures.device.type, enabled=False):
            features = pictures.float().flip(1).contiguous(memory_format=torch.channels_last)  # it learnt on BGR
            if stretched != (height, width):
                features = functional.interpolate(features, stretched, mode="bilinear", align_corners=False)
            levels = []
            for level in range(1, 7):
                for layer in _extractor(level):
                    features = self.layers[layer](features)
                levels.append(features)
        return Pyramid(tuple(levels), (height, width), stretched)

    def flow(self, first: Pyramid, second: Pyramid) -> Tensor:
        """From one batch of encoded pictures to another of the same size: (B, 2, H, W) float32, their pixels.

        Raises ValueError where the sizes differ.
        """
        return resized_flow(self.quarter_flow(first, second), first.size, unit=first.stretched)

    def quarter_flow(self, first: Pyramid, second: Pyramid) -> Tensor:
        """The flow before it is enlarged: (B, 2, h / 4, w / 4) of the stretched height and width, its pixels."""
        *_, (flow, features) = self.decoded(first, second)
        with torch.no_grad(), torch.autocast(flow.device.type, enabled=False):
            for number in range(1, _REFINER + 1):
                features = self.layers[f"dc_conv{number}"](features)
            return (flow + features) * _SCALE

    @torch.no_grad()
    def decoded(self, first: Pyramid, second: Pyramid) -> list[tuple[Tensor, Tensor]]:
        """What the decoders say, levels 6 to 2: flow (B, 2, h, w) in units of 20 pixels, and the features behind it."""
        if first.stretched != second.stretched:
            raise ValueError(f"pictures must be of one size, got {first.size} and {second.size}")
        found: list[tuple[Tensor, Tensor]] = []
        with torch.autocast(first.levels[0].device.type, enabled=False):
            for level in _LEVELS:
                found.append(self._decode(level, first.levels[level - 1], second.levels[level - 1], found))
        return found

    def _decode(
        self, level: int, first: Tensor, second: Tensor, coarser: list[tuple[Tensor, Tensor]]
    ) -> tuple[Tensor, Tensor]:
        if not coarser:
            features = functional.leaky_relu(cost_volume(first, second), 0.1)
        else:
            flow, features = coarser[-1]
            flow, hint = self.layers[f"deconv{level + 1}"](flow), self.layers[f"upfeat{level + 1}"](features)
            volume = cost_volume(first, warped(second, flow * (_SCALE / 2**level)))
            features = torch.cat([functional.leaky_relu(volume, 0.1), first, flow, hint], dim=1)
        for number in range(_DENSE):
            features = torch.cat([self.layers[f"conv{level}_{number}"](features), features], dim=1)
        return self.layers[f"predict_flow{level}"](features), features


def cost_volume(first: Tensor, second: Tensor) -> Tensor:
    """How alike cells are, Eq. 1: (B, C, h, w) twice -> (B, 81, h, w).

    Channel (dy + 4) * 9 + dx + 4 is the mean over C of first[y, x] * second[y + dy, x + dx]; 0 beyond the picture.
    """
    height, width = first.shape[-2:]
    padded = functional.pad(second, (REACH,) * 4)
    side = 2 * REACH + 1
    places = (divmod(number, side) for number in range(side * side))
    alike = [(first * padded[..., y : y + height, x : x + width]).mean(1) for y, x in places]
    return torch.stack(alike, dim=-1).permute(0, 3, 1, 2)


def warped(features: Tensor, flow: Tensor) -> Tensor:
    """Features (B, C, h, w) read, bilinear, where `flow` (B, 2, h, w) in cells leads; 0 where not all of it is inside.

    Both at least two cells high and wide.
    """
    height, width = features.shape[-2:]
    x = torch.arange(width, device=flow.device) + flow[:, 0]
    y = torch.arange(height, device=flow.device)[:, None] + flow[:, 1]
    grid = torch.stack([2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1], dim=-1)
    ones = features.new_ones(len(features), 1, height, width)
    read = functional.grid_sample(torch.cat([features, ones], 1), grid, padding_mode="zeros", align_corners=True)
    return read[:, :-1] * (read[:, -1:] > _COVERED)


def load_pwc_net(path: Path) -> PwcNet:
    """PWC-Net with the weights of `network-default`, or with those inside a BlooDet checkpoint, in evaluation mode.

    Raises BleedkitError where the file is no whole PWC-Net, or ptlflow is not installed.
    """
    net = PwcNet()
    fit_weights(net, pwc_net_tensors(load_weights(path)), path)
    return net.eval()


def pwc_net_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A checkpoint's tensors under the names of PwcNet.

    Of a BlooDet checkpoint only those of its flow estimator are taken. Names that PWC-Net does not know stay as they
    are, so that whoever loads them says so.
    """
    inside = {name: tensor for name, tensor in tensors.items() if "estimator." in name}
    return {f"layers.{name}": tensor for name, tensor in ptlflow_names(inside or tensors).items()}


def _extractor(level: int) -> tuple[str, str, str]:
    """The three layers of a level, in their order; ptlflow names those of level 6 another way round."""
    order = ("a", "aa", "b") if level < 6 else ("aa", "a", "b")
    return tuple(f"conv{level}{letter}" for letter in order)  # type: ignore[return-value]


def _ptlflow_layers() -> dict[str, nn.Module]:
    """The layers of ptlflow's `pwcnet` by name, with its random weights.

    Importing it imports all its models and Lightning, which print and warn of what they lack.
    """
    level = logging.root.manager.disable
    try:
        logging.disable(logging.CRITICAL)
        with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            from ptlflow.models.pwcnet.pwcnet import PWCDCNet

            network = PWCDCNet()
    except ImportError as error:
        raise BleedkitError(f"PWC-Net needs ptlflow ({error})", "pip install 'bleedkit[flow]'") from error
    finally:
        logging.disable(level)
    return {name: layer for name, layer in network.named_children() if any(True for _ in layer.parameters())}
