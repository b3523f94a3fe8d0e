"""PWC-Net on a clip's frames, at the working picture's size."""

from pathlib import Path

import numpy as np
import torch

from .flow_model import resized_flow, working_batch, working_picture
from .pwc_net import Pyramid, load_pwc_net


class PwcFlow:
    """PWC-Net on one device: a FlowModel and a FrameFlow.

    weights: the common checkpoint `network-default`, or BlooDet's. width: of the working picture, in pixels, at most;
    PWC-Net itself stretches that to multiples of 64 and its flow back. Raises BleedkitError where the weights do not
    fit or ptlflow is not installed.
    """

    def __init__(self, weights: Path, *, device: str, width: int) -> None:
        self._device, self._width = torch.device(device), width
        self._network = load_pwc_net(weights).to(self._device)

    def encode(self, frame: np.ndarray) -> Pyramid:
        """The working picture's features, on the device."""
        picture = torch.from_numpy(working_picture(frame, self._width)).to(self._device)
        return self._network.pyramid(picture.permute(2, 0, 1)[None].float() / 255)

    def flow(self, first: Pyramid, second: Pyramid) -> np.ndarray:
        """(h, w, 2) float32, pixels of the working picture; of two frames of one size."""
        return self._network.flow(first, second)[0].permute(1, 2, 0).contiguous().cpu().numpy()

    @torch.no_grad()
    def __call__(self, previous: torch.Tensor, current: torch.Tensor) -> torch.Tensor:
        """(B, 3, H, W) twice, RGB in [0, 1] -> (B, 2, H, W) float32, their pixels, on their device."""
        working = (working_batch(batch.float(), self._width).to(self._device) for batch in (previous, current))
        flow: torch.Tensor = self._network(*working)
        return resized_flow(flow.to(previous.device), (previous.shape[-2], previous.shape[-1]))
