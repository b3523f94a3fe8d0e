"""XFeat's keypoints and descriptors round a disc (Potje et al., CVPR 2024), through kornia or the authors' code."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .crop import Crop, crop_around
from .matcher import Disc
from .weights import fit_weights, load_weights

if TYPE_CHECKING:
    from torch import Tensor

SEMI_DENSE: Final = ("fine_matcher.",)  # of XFeat*, which nothing here runs


@dataclass(frozen=True, eq=False)
class Features:
    """N keypoints of a crop: xy (N, 2) float32 pixels of the frame; descriptors (N, 64), of length 1; wanted (N,) bool.

    wanted: inside the disc. The others, in the margin, are there to be matched instead of a wanted one.
    """

    crop: Crop
    xy: np.ndarray
    descriptors: "Tensor"
    wanted: np.ndarray


class XFeatFeatures:
    """A detector and how it is fed. model: kornia's XFeat or the authors'; margin: pixels looked at round a disc."""

    def __init__(self, model: Any, device: str, margin: float) -> None:
        self._model, self._device, self._margin = model, device, margin

    def detect(self, frame: np.ndarray, disc: Disc) -> Features | None:
        """Keypoints of an RGB frame (H, W, 3) uint8 in and round a disc; None where the disc lies outside the frame."""
        import torch

        height, width = frame.shape[:2]
        crop = crop_around(disc, width, height, self._margin)
        if crop is None:
            return None
        picture = torch.from_numpy(crop.of(frame)).permute(2, 0, 1)[None].to(self._device).float() / 255
        found = self._model.detectAndCompute(picture)[0]
        xy = found["keypoints"].cpu().numpy() + _half_pixel(crop) + crop.origin
        return Features(crop, xy.astype(np.float32), found["descriptors"], disc.holds(xy))


def kornia_xfeat(path: Path, device: str, *, top_k: int, threshold: float) -> Any:
    """Kornia's XFeat with the weights of `path`. Raises BleedkitError where they do not fit."""
    from kornia.feature.xfeat import XFeat

    model = XFeat(top_k=top_k, detection_threshold=threshold)
    fit_weights(model.net, load_weights(path), path, may_lack=SEMI_DENSE)
    return model.to(device).eval()


def _half_pixel(crop: Crop) -> np.ndarray:
    """From XFeat's keypoints to ours: it counts pixels from their centres, ours at + 0.5.

    A side that is no multiple of 32 is shrunk to one first, and the keypoint given back as index times the ratio.
    """
    return np.array([side / max(32, side // 32 * 32) / 2 for side in crop.size], np.float32)
