"""Baseline: the largest blob of blood's colour is the bleeding region."""

from typing import Final

import numpy as np

from .picture_model import PictureSeen, confidence_of_share, middle

HUE: Final = 15.0
SATURATION: Final = 0.7
VALUE: Final = 0.35
OPENED: Final = 1
LEAST_SHARE: Final = 0.01


class ColourRegion:
    """Thresholds in HSV, then the largest connected blob; its point is the place deepest inside.

    RGB and HSV values are the classical way to blood in laparoscopy (Okamoto et al., Signal, Image and Video Processing
    2019, who learn where to cut with an SVM). hue: degrees from red on either side; saturation, value: at least, in
    [0, 1]. The numbers are ours: what served simulated laparoscopy best among hues of 6 to 15 degrees, saturations of
    0.65 to 0.8 and values of 0.2 and 0.35. opened: what is nowhere wider than 2 * opened pixels of a picture 320 wide
    is no blob. least_share: of the frame that the blob must cover to speak of bleeding.
    """

    def __init__(
        self,
        *,
        hue: float = HUE,
        saturation: float = SATURATION,
        value: float = VALUE,
        opened: int = OPENED,
        least_share: float = LEAST_SHARE,
    ) -> None:
        self._hue, self._saturation, self._value = hue, saturation, value
        self._opened, self._least_share = opened, least_share

    def look(self, rgb: np.ndarray) -> PictureSeen:
        """A frame (H, W, 3) uint8; the middle of the picture where nothing has the colour."""
        mask = _largest(self._opened_up(self._coloured(rgb)))
        confidence = confidence_of_share(float(mask.mean()), self._least_share)
        return PictureSeen(mask, _deepest(mask) if mask.any() else middle(rgb), confidence)

    def _coloured(self, rgb: np.ndarray) -> np.ndarray:
        import cv2

        hsv = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
        from_red = np.abs((hsv[..., 0] + 180) % 360 - 180)
        return (from_red <= self._hue) & (hsv[..., 1] >= self._saturation) & (hsv[..., 2] >= self._value)

    def _opened_up(self, mask: np.ndarray) -> np.ndarray:
        import cv2

        side = 2 * round(self._opened * mask.shape[1] / 320) + 1
        return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8)))


def _largest(mask: np.ndarray) -> np.ndarray:
    """Of a mask (H, W) uint8, the largest blob, corners connect: (H, W) bool; all False where there is none."""
    import cv2

    count, labels, facts, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return np.zeros(mask.shape, bool)
    return np.asarray(labels == 1 + int(np.argmax(facts[1:, cv2.CC_STAT_AREA])))


def _deepest(mask: np.ndarray) -> np.ndarray:
    """Centre of the pixel of a mask (H, W) that lies furthest from what is outside, (2,) float32."""
    import cv2

    # Beyond the picture is outside too: otherwise blood at its border would be deepest there.
    framed = np.pad(mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return np.array([column + 0.5, row + 0.5], np.float32)
