"""FlowModel: where every pixel of one frame goes in another, and how points are read from it.

Every flow of FLOWS also is a FrameFlow, which see: the one takes frames, the other batches of tensors.

A flow is in pixels of the model's working picture: the frame, resized so that both cover the same ground. A place x of
a frame W wide is at x * w / W of a picture w wide; no half pixel comes in, as both count from their edge.
"""

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


class FlowModel(Protocol):
    """Dense motion between two frames; the same frames always give the same flow."""

    def encode(self, frame: np.ndarray) -> Any:
        """What the model keeps of one RGB frame (H, W, 3) uint8; done once, for every pair the frame is in."""

    def flow(self, first: Any, second: Any) -> np.ndarray:
        """From one encoded frame to another: (h, w, 2) float32, pixels of the working picture.

        [r, c] is how far what is at (c + 0.5, r + 0.5) in `first` has moved in `second`, x then y.
        """


def working_size(size: tuple[int, int], width: int, *, multiple: int = 1, least: int = 16) -> tuple[int, int]:
    """Height and width of a working picture at most `width` wide, the shape kept but for rounding.

    size: height and width of the frame. multiple: both sides are whole multiples of it; least: and at least so long,
    the one reason to enlarge.
    """
    shrink = min(1.0, width / size[1])
    height, width = (max(least, round(side * shrink / multiple) * multiple) for side in size)
    return height, width


def working_picture(frame: np.ndarray, width: int, *, multiple: int = 1, least: int = 16) -> np.ndarray:
    """A frame (H, W) or (H, W, C) at its working_size."""
    import cv2

    height, width = working_size(frame.shape[:2], width, multiple=multiple, least=least)
    # INTER_AREA keeps edges on edges, which is what makes x * w / W exact; it also keeps fine texture from aliasing.
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA))


def working_batch(pictures: "Tensor", width: int, *, multiple: int = 1, least: int = 16) -> "Tensor":
    """Pictures (B, C, H, W) float at their working_size, edges on edges, without aliasing."""
    from torch.nn import functional

    height, wide = pictures.shape[-2:]
    size = working_size((height, wide), width, multiple=multiple, least=least)
    if size == (height, wide):
        return pictures
    return functional.interpolate(pictures, size, mode="bilinear", antialias=True)


def flow_at(flow: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """The flow (h, w, 2) at places xy (N, 2) of its first picture, bilinear: (N, 2).

    Beyond the outermost pixel centres it is that of the nearest one.
    """
    height, width = flow.shape[:2]
    at = np.clip(xy - 0.5, 0, (width - 1, height - 1))
    x, y = (np.minimum(at.astype(int), (width - 2, height - 2))).T
    right, down = (at - np.stack([x, y], axis=1)).T[..., None]
    above = flow[y, x] * (1 - right) + flow[y, x + 1] * right
    below = flow[y + 1, x] * (1 - right) + flow[y + 1, x + 1] * right
    return np.asarray(above * (1 - down) + below * down, np.float32)


def resized_flow(flow: "Tensor", size: tuple[int, int], *, unit: tuple[int, int] | None = None) -> "Tensor":
    """A flow (B, 2, h, w) of pictures stretched to `size`, height and width: (B, 2, height, width), their pixels.

    unit: height and width of the picture in whose pixels the flow is, (h, w) where left out. Bilinear between pixel
    centres; beyond the outermost ones it is that of the nearest. Laid out row by row, whatever came: sums over it then
    come out the same, to the bit, whether it was computed or read from a file.
    """
    from torch.nn import functional

    height, width = unit or (flow.shape[-2], flow.shape[-1])
    if size != tuple(flow.shape[-2:]):
        flow = functional.interpolate(flow, size, mode="bilinear", align_corners=False)
    flow = flow.contiguous()
    if size == (height, width):
        return flow
    return flow * flow.new_tensor([size[1] / width, size[0] / height])[:, None, None]
