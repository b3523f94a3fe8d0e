"""What changed between two pictures, in the three domains of BleedOrigin 4.1.1: RGB, HSV and optical flow."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from ..frame_flow import FrameFlow

COLOUR_UNIT: Final = 1 / 8  # of the full range
FLOW_UNIT: Final = 1 / 160  # of the picture's width
"""What changes from frame to frame is about one of these; in the full range nets hardly learn from so little. Ours."""


@dataclass(frozen=True, eq=False)
class DomainDifferences:
    """From P reference pictures to P current ones, float32, on the grid of the pictures.

    rgb (P, 3, H, W): current less reference; hsv (P, 3, H, W): as `hsv_difference` says; both in COLOUR_UNIT. flow
    (P, 2, H, W): where the reference's pixels have gone, x then y, in FLOW_UNIT of the picture's width, so that it does
    not hang on the size.
    """

    rgb: Tensor
    hsv: Tensor
    flow: Tensor

    def first(self, pairs: int) -> "DomainDifferences":
        """Of the first so many pairs."""
        return DomainDifferences(self.rgb[:pairs], self.hsv[:pairs], self.flow[:pairs])


def domain_differences(
    reference: Tensor, current: Tensor, flow: FrameFlow, *, flow_shrink: int = 1
) -> DomainDifferences:
    """Both (P, 3, H, W) in [0, 1], RGB. Nothing here learns: gradients stop, in the flow by its own contract.

    flow_shrink: by how much the pictures are made smaller for the flow, which divides H and W.
    """
    with torch.no_grad():
        small = (functional.avg_pool2d(pictures, flow_shrink) for pictures in (reference, current))
        moved = flow(*small)
        moved = moved / (FLOW_UNIT * moved.shape[-1])
        if flow_shrink > 1:
            moved = functional.interpolate(moved, reference.shape[-2:], mode="bilinear", align_corners=False)
        hsv = hsv_difference(hsv_of(reference), hsv_of(current))
        return DomainDifferences((current - reference) / COLOUR_UNIT, hsv / COLOUR_UNIT, moved)


def hsv_of(rgb: Tensor) -> Tensor:
    """RGB (..., 3, H, W) in [0, 1] as hue in turns, [0, 1), saturation and value in [0, 1].

    Hue and saturation of black, and the hue of every grey, are 0.
    """
    red, green, blue = rgb.unbind(-3)
    value, least = rgb.amax(-3), rgb.amin(-3)
    chroma = value - least
    safe = chroma.clamp_min(torch.finfo(rgb.dtype).tiny)
    sixths = torch.where(
        value == red,
        ((green - blue) / safe) % 6,
        torch.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = torch.where(chroma > 0, sixths / 6, 0) % 1
    return torch.stack([hue, chroma / value.clamp_min(torch.finfo(rgb.dtype).tiny), value], -3)


def hsv_difference(reference: Tensor, current: Tensor) -> Tensor:
    """Current less reference, both (..., 3, H, W) as `hsv_of` gives them; every channel in [-1, 1].

    Hue goes round, and blood and mucosa lie on both sides of its seam at red: its difference is taken the short way, in
    half turns. It counts by the lesser saturation of the two, ours: the hue of highlights and of near-black is noise.
    """
    change = current - reference
    half_turns = 2 * (change[..., 0, :, :] - change[..., 0, :, :].round())
    colourful = torch.minimum(reference[..., 1, :, :], current[..., 1, :, :])
    return torch.stack([half_turns * colourful, change[..., 1, :, :], change[..., 2, :, :]], -3)
