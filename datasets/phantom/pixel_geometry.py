"""For every pixel of a frame: the tissue it shows, the way to the camera, and where that tissue is one frame later."""

from dataclasses import dataclass

import numpy as np
import torch

from ..schema import ImageSize
from .spline_upsample import spline_upsample
from .surface_map import SurfaceMap


@dataclass(frozen=True, eq=False)
class PixelGeometry:
    """tissue (2, H, W): mm. to_camera (3, H, W): mm from tissue to camera. flow (2, H, W): pixels to the next frame.

    depth (H, W): mm from the camera's plane to the tissue.
    """

    tissue: torch.Tensor
    to_camera: torch.Tensor
    flow: torch.Tensor
    depth: torch.Tensor


class GeometrySolver:
    """Solves the surface's equation at coarse nodes and brings what is smooth from there to the pixels."""

    def __init__(self, surface: SurfaceMap, size: ImageSize, device: str) -> None:
        self._surface, self._up = surface, spline_upsample(size, device)
        self._nodes: np.ndarray | None = None
        self._step: np.ndarray | float = 0.0

    def at(self, t: int) -> PixelGeometry:
        """The geometry of frame t. Each answer starts the search for the next, so go in order."""
        surface, camera = self._surface, self._surface.camera
        before = self._nodes
        nodes = surface.to_tissue(t, self._up.nodes, None if before is None else before + self._step)
        self._nodes, self._step = nodes, 0.0 if before is None else nodes - before  # motion mostly goes on as it was
        to_camera = camera.place[t] - surface.world(t, nodes)
        flow = surface.to_image(t + 1, nodes) - self._up.nodes
        pixels = self._up.to_pixels(np.concatenate([nodes, to_camera, flow], axis=-1))
        axis = torch.from_numpy(camera.turn[t][2].astype(np.float32)).to(pixels.device)
        return PixelGeometry(pixels[:2], pixels[2:5], pixels[5:7], torch.einsum("c,chw->hw", axis, pixels[2:5]))
