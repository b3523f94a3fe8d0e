"""Light on wet tissue and blood: the endoscope's own lamp, falling off with the square of the distance.

The lamp sits at the camera, so a surface shines where it faces the camera, and highlights move as the camera moves.
"""

from dataclasses import dataclass
from typing import Final

import torch

from .pixel_sampling import smooth_step

SEEN_MM: Final = 0.03  # the thinnest film a person would call blood rather than a tinge
COVERED_MM: Final = 2.0  # deeper than this a surgeon sees a pool, not where it is fed: 7 % of red light comes back
ACTIVE_SHARE: Final = 0.35  # film of which at least this much left a source lately is active bleeding
_ABSORBED = (1.3, 13.0, 15.0)  # per mm of film, there and back, for the camera's red, green and blue
_BRIGHT_BLOOD = (0.430, 0.008, 0.018)  # linear reflectance of a thick fresh film, and of a deep old one
_DARK_BLOOD = (0.150, 0.004, 0.008)
_STAIN = (0.52, 0.20, 0.17)


@dataclass(frozen=True, eq=False)
class Film:
    """The blood over each pixel's tissue, (H, W) each. depth: mm above the tissue's grain. fresh: 0..1 active share.

    slope_x, slope_y: of the wet surface. stain: 0..1. water: mm.
    """

    depth: torch.Tensor
    slope_x: torch.Tensor
    slope_y: torch.Tensor
    fresh: torch.Tensor
    stain: torch.Tensor
    water: torch.Tensor

    @classmethod
    def of(cls, layers: torch.Tensor, grain: torch.Tensor) -> "Film":
        """layers: BloodFilm.layers() at the pixels. grain: fine height in mm, which stands out of thin film."""
        thickness, slope_x, slope_y, fresh, stain, water = layers
        share = fresh / thickness.clamp(min=1e-3)
        depth = (thickness - 0.35 * grain.clamp(-0.15, 0.15)).clamp(min=0) * smooth_step(thickness, 0.01, 0.09)
        return cls(depth, slope_x, slope_y, share.clamp(0, 1), stain, water)

    @property
    def active(self) -> torch.Tensor:
        """Where a person would outline active bleeding."""
        return (self.depth > SEEN_MM) & (self.fresh > ACTIVE_SHARE)

    @property
    def pooled(self) -> torch.Tensor:
        """Where blood stands that is not active."""
        return (self.depth > SEEN_MM) & (self.fresh <= ACTIVE_SHARE)

    @property
    def dried(self) -> torch.Tensor:
        """Where tissue is stained and no blood stands."""
        return (self.depth <= SEEN_MM) & (self.stain > 0.25)


def shade(
    tissue: torch.Tensor,
    film: Film,
    to_camera: torch.Tensor,
    *,
    rest_mm: float,
    ripple: torch.Tensor | None,
    glare: float,
) -> torch.Tensor:
    """Linear light (3, H, W), about 0..1 but for highlights.

    tissue: the texture's channels at the pixels (7, H, W). to_camera: (3, H, W) mm from tissue to camera. rest_mm: the
    camera's distance at rest, where brightness is that of the tissue's colour. ripple: slope of moving water, or None.
    glare: gain on highlights.
    """
    wet = smooth_step(film.depth, 0.5 * SEEN_MM, 3 * SEEN_MM)
    colour = bloodied(tissue[:3], film)
    slope_x = torch.lerp(tissue[3], film.slope_x + 0.3 * tissue[3], wet)
    slope_y = torch.lerp(tissue[4], film.slope_y + 0.3 * tissue[4], wet)
    gloss = torch.lerp(tissue[5], torch.full_like(wet, 2.0), wet)
    if ripple is not None:
        slope_x, slope_y = slope_x + ripple * film.water, slope_y + ripple * film.water
        gloss = gloss * (1 + 2 * film.water)
    near = (to_camera * to_camera).sum(dim=0).rsqrt()
    facing = to_camera[2] - slope_x * to_camera[0] - slope_y * to_camera[1]
    facing = (facing * near * (1 + slope_x * slope_x + slope_y * slope_y).rsqrt()).clamp(min=0)
    light = (rest_mm * near) ** 2
    shine = torch.exp((facing - 1) * 340) * 2.4 + torch.exp((facing - 1) * 40) * (0.05 - 0.035 * wet)
    highlight = shine * gloss * light * glare
    return colour * (light * (0.06 + 0.94 * facing)) + highlight


def bloodied(colour: torch.Tensor, film: Film) -> torch.Tensor:
    """Tissue colour (3, H, W), linear, seen through stain and film: Beer and Lambert's law per channel."""
    deep = torch.exp(-0.35 * film.depth) * (0.3 + 0.7 * film.fresh)
    channels = []
    for channel in range(3):
        stained = colour[channel] * (1 - (1 - _STAIN[channel]) * film.stain)
        own = _DARK_BLOOD[channel] + (_BRIGHT_BLOOD[channel] - _DARK_BLOOD[channel]) * deep
        channels.append(own + (stained - own) * torch.exp(-_ABSORBED[channel] * film.depth))
    return torch.stack(channels)
