"""FlowModel: where every pixel of one frame goes in another, and how points are read from it.

A flow is in pixels of the model's working picture: the frame, resized so that both cover the same ground. A place x of
a frame W wide is at x * w / W of a picture w wide; no half pixel comes in, as both count from their edge.
"""

from typing import Any, Protocol

import numpy as np


class FlowModel(Protocol):
    """Dense motion between two frames; the same frames always give the same flow."""

    def encode(self, frame: np.ndarray) -> Any:
        """What the model keeps of one RGB frame (H, W, 3) uint8; done once, for every pair the frame is in."""

    def flow(self, first: Any, second: Any) -> np.ndarray:
        """From one encoded frame to another: (h, w, 2) float32, pixels of the working picture.

        [r, c] is how far what is at (c + 0.5, r + 0.5) in `first` has moved in `second`, x then y.
        """


def working_picture(frame: np.ndarray, width: int, *, multiple: int = 1, least: int = 16) -> np.ndarray:
    """A frame (H, W) or (H, W, C) made at most `width` wide, its shape kept but for rounding.

    multiple: both sides are whole multiples of it; least: and at least so long, the one reason to enlarge.
    """
    import cv2

    shrink = min(1.0, width / frame.shape[1])
    sides = (max(least, round(side * shrink / multiple) * multiple) for side in frame.shape[1::-1])
    # INTER_AREA keeps edges on edges, which is what makes x * w / W exact; it also keeps fine texture from aliasing.
    return np.asarray(cv2.resize(frame, tuple(sides), interpolation=cv2.INTER_AREA))


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
