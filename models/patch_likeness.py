"""How alike two patches are: zero-mean normalised cross-correlation, blind to brightness and contrast."""

import numpy as np


def patches(gray: np.ndarray, xy: np.ndarray, half: int) -> np.ndarray:
    """Patches of side 2 * half + 1 around `xy` (N, 2), pixels of the (H, W) picture: (N, side * side) float32."""
    import cv2

    steps = np.arange(-half, half + 1, dtype=np.float32)
    dx, dy = (axis.reshape(-1) for axis in np.meshgrid(steps, steps))
    # remap's whole numbers are pixel centres, ours are at + 0.5.
    columns = (xy[:, :1] - 0.5 + dx).astype(np.float32)
    rows = (xy[:, 1:] - 0.5 + dy).astype(np.float32)
    return cv2.remap(gray, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def likeness(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlation of patches a and b (N, P): (N,) in [-1, 1]; 0 where one of them is flat."""
    a = a - a.mean(1, keepdims=True)
    b = b - b.mean(1, keepdims=True)
    norm = np.sqrt((a * a).sum(1) * (b * b).sum(1))
    return np.divide((a * b).sum(1), norm, out=np.zeros(len(a), np.float32), where=norm > 1e-3)
