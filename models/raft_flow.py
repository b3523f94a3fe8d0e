"""RAFT: recurrent all-pairs field transforms (Teed and Deng, ECCV 2020), torchvision's network."""

from pathlib import Path
from typing import Final

import numpy as np
import torch
from torchvision.models.optical_flow import raft_large

from .flow_model import resized_flow, working_batch, working_picture
from .weights import fit_weights, load_weights

_STRIDE: Final = 8
_LEAST: Final = 128  # what its four levels of correlation need


class RaftFlow:
    """The large RAFT on one device, in float32 whatever autocast says: a FlowModel and a FrameFlow.

    weights: torchvision's checkpoint. width: of the working picture, in pixels, at most; updates: of the recurrent
    unit, 12 in torchvision, 32 in the paper's evaluation on Sintel. Raises BleedkitError where the weights do not fit.
    """

    def __init__(self, weights: Path, *, device: str, width: int, updates: int) -> None:
        self._device, self._width, self._updates = torch.device(device), width, updates
        network = raft_large(weights=None)
        fit_weights(network, load_weights(weights), weights)
        self._network = network.eval().requires_grad_(False).to(self._device)

    def encode(self, frame: np.ndarray) -> torch.Tensor:
        """The working picture, (1, 3, h, w) float32 in [-1, 1] on the device; h and w are multiples of 8."""
        picture = working_picture(frame, self._width, multiple=_STRIDE, least=_LEAST)
        channels = torch.from_numpy(picture).to(self._device).permute(2, 0, 1)[None]
        return channels.float() / 127.5 - 1

    def flow(self, first: torch.Tensor, second: torch.Tensor) -> np.ndarray:
        """(h, w, 2) float32, pixels of the working picture; of two frames of one size."""
        return self._batch(first, second)[0].permute(1, 2, 0).contiguous().cpu().numpy()

    def __call__(self, previous: torch.Tensor, current: torch.Tensor) -> torch.Tensor:
        """(B, 3, H, W) twice, RGB in [0, 1] -> (B, 2, H, W) float32, their pixels, on their device."""
        working = [
            working_batch(batch.detach().float(), self._width, multiple=_STRIDE, least=_LEAST) * 2 - 1
            for batch in (previous, current)
        ]
        flow = self._batch(*(batch.to(self._device) for batch in working)).to(previous.device)
        return resized_flow(flow, (previous.shape[-2], previous.shape[-1]))

    @torch.no_grad()
    def _batch(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        with torch.autocast(self._device.type, enabled=False):
            flow: torch.Tensor = self._network(first, second, num_flow_updates=self._updates)[-1]
        return flow
