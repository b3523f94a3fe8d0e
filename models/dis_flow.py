"""DIS: dense inverse search (Kroeger et al., ECCV 2016), OpenCV's own, no weights needed."""

from typing import TYPE_CHECKING

import numpy as np

from .flow_model import resized_flow, working_picture

if TYPE_CHECKING:
    from torch import Tensor


class DisFlow:
    """OpenCV's DIS at its `medium` preset, a FlowModel and a FrameFlow. width: of the working picture, at most, px."""

    def __init__(self, *, width: int) -> None:
        import cv2

        self._width = width
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def encode(self, frame: np.ndarray) -> np.ndarray:
        """The working picture in gray, (h, w) uint8."""
        import cv2

        return working_picture(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), self._width)

    def flow(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """(h, w, 2) float32, pixels of the working picture; of two frames of one size."""
        return np.asarray(self._search.calc(first, second, np.zeros((*first.shape, 2), np.float32)))

    def __call__(self, previous: "Tensor", current: "Tensor") -> "Tensor":
        """(B, 3, H, W) twice, RGB in [0, 1] -> (B, 2, H, W) float32, their pixels; on the CPU, picture by picture."""
        import torch

        frames = [
            (batch.detach().float() * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
            for batch in (previous, current)
        ]
        flows = [self.flow(self.encode(before), self.encode(now)) for before, now in zip(*frames, strict=True)]
        flow = torch.from_numpy(np.stack(flows)).permute(0, 3, 1, 2).to(previous.device)
        return resized_flow(flow, (previous.shape[-2], previous.shape[-1]))
