"""ClipPrediction: what a model says of a clip, in the frame of the clip itself."""

from dataclasses import dataclass

import numpy as np

from ..datasets.checks import check_array


@dataclass(frozen=True, eq=False)
class ClipPrediction:
    """T consecutive frames of one clip, the first of them `first_frame`.

    points (T, 2) float32: the bleeding source, pixels of the stored frames; present (T,) bool: whether the model holds
    that it is there; confidence (T,) float32 in [0, 1]: of its presence. masks (T, H, W) bool: the bleeding region, at
    the stored size, from models that segment. onset: the first bleeding frame, from models that find it, with its own
    confidence.
    """

    first_frame: int
    points: np.ndarray
    present: np.ndarray
    confidence: np.ndarray
    masks: np.ndarray | None = None
    onset: int | None = None
    onset_confidence: float = float("nan")

    def __post_init__(self) -> None:
        check_array("points", self.points, shape=("T", 2), dtype=np.float32)
        check_array("present", self.present, shape=(len(self.points),), dtype=np.bool_)
        check_array("confidence", self.confidence, shape=(len(self.points),), dtype=np.float32)
        if self.masks is not None:
            check_array("masks", self.masks, shape=(len(self.points), "H", "W"), dtype=np.bool_)
