"""DIS: dense inverse search (Kroeger et al., ECCV 2016), OpenCV's own, no weights needed."""

import numpy as np

from .flow_model import working_picture


class DisFlow:
    """OpenCV's DIS at its `medium` preset. width: of the working picture, in pixels, at most."""

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
