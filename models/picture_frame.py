"""StretchedPicture: a frame as a model takes it, and what the model says back in the frame."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..datasets.schema import ImageSize


@dataclass(frozen=True)
class StretchedPicture:
    """How frames of one size become pictures of another: stretched over all of it, their shape not kept.

    frame: size of the frames as they are stored; picture: what the model takes. Nothing is cut off or added, so that a
    place is at the same share of width and height in both.
    """

    frame: ImageSize
    picture: ImageSize

    def pixels(self, rgb: np.ndarray) -> np.ndarray:
        """The picture of a frame (H, W, 3) uint8: (h, w, 3) uint8, in training and in answering alike.

        Bilinear over all pixels that a pixel of the picture covers, then rounded: Pillow's way, which is torchvision's
        Resize of a Pillow image and so what BlooDet was trained on. Raises ValueError where the frame is of another
        size.
        """
        from PIL import Image

        if rgb.shape != (self.frame.height, self.frame.width, 3) or rgb.dtype != np.uint8:
            raise ValueError(f"a frame must be {self.frame} RGB in uint8, got {rgb.shape} {rgb.dtype}")
        size = (self.picture.width, self.picture.height)
        return np.array(Image.fromarray(rgb).resize(size, Image.Resampling.BILINEAR))

    def tensor(self, rgb: np.ndarray) -> Tensor:
        """`pixels` as models take them: (3, h, w) float32 in [0, 1]."""
        return torch.from_numpy(self.pixels(rgb)).permute(2, 0, 1).float() / 255

    def to_frame(self, point: Tensor) -> np.ndarray:
        """Points (..., 2) in [0, 1], shares of width and height, as pixels of the frame: (..., 2) float32."""
        scale = point.new_tensor([self.frame.width, self.frame.height], dtype=torch.float64)
        return (point.detach().double() * scale).float().cpu().numpy()

    def from_frame(self, xy: np.ndarray) -> Tensor:
        """Pixels of the frame (..., 2) as shares of width and height: (..., 2) float32."""
        return torch.from_numpy(np.asarray(xy, np.float64) / (self.frame.width, self.frame.height)).float()

    def mask(self, logits: Tensor) -> np.ndarray:
        """Logits (..., 1, h, w) of the picture, at any resolution, as masks of the frame: (..., H, W) bool.

        They are enlarged bilinearly and cut at 0 at the frame's own resolution, so that edges are not blocks.
        """
        whole = logits.detach().float().reshape(-1, 1, *logits.shape[-2:])
        size = (self.frame.height, self.frame.width)
        # Shrinking reads every pixel that counts, as for a picture; enlarging is the same with and without antialias.
        full = functional.interpolate(whole, size, mode="bilinear", align_corners=False, antialias=True)
        return (full > 0).reshape(*logits.shape[:-3], *size).cpu().numpy()
