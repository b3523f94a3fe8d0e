"""Marks drawn into frames: crosses, dots, rings and ellipses, at fractions of a pixel."""

from typing import Final

import numpy as np

Colour = tuple[int, int, int]
_SHIFT: Final = 4  # OpenCV draws with this many fractional bits
_LEVEL_90: Final = float(np.sqrt(-2 * np.log(0.1)))
_BLACK: Final = (0, 0, 0)


class Canvas:
    """An RGB picture (H, W, 3) uint8, shrunk or grown to `width`; marks are placed in the original's pixels.

    corner: the original's pixel (x, y) at the picture's upper left, where it is a part of a frame.
    """

    def __init__(self, image: np.ndarray, width: int, corner: tuple[float, float] = (0.0, 0.0)) -> None:
        import cv2

        self._zoom = width / image.shape[1]
        self._corner = np.array(corner)
        how = cv2.INTER_AREA if self._zoom < 1 else cv2.INTER_CUBIC
        self.pixels = cv2.resize(image, None, fx=self._zoom, fy=self._zoom, interpolation=how)

    def line(self, start: np.ndarray, end: np.ndarray, colour: Colour, *, width: int = 1) -> None:
        """A line between two points."""
        import cv2

        cv2.line(self.pixels, self._at(start), self._at(end), colour, width, cv2.LINE_AA, _SHIFT)

    def cross(self, xy: np.ndarray, colour: Colour, *, arm: float = 9) -> None:
        """An upright cross, rimmed in black; arm: in pixels of the canvas."""
        for shade, width in ((_BLACK, 4), (colour, 2)):
            for step in (np.array([arm, 0.0]), np.array([0.0, arm])):
                self.line(xy - step / self._zoom, xy + step / self._zoom, shade, width=width)

    def dot(self, xy: np.ndarray, colour: Colour, *, radius: int = 3, hollow: bool = False) -> None:
        """A dot rimmed in black, or a ring; radius: in pixels of the canvas."""
        import cv2

        for shade, size in ((_BLACK, radius + 1), (colour, radius)):
            width = (2 if shade is _BLACK else 1) if hollow else -1
            cv2.circle(self.pixels, self._at(xy), size << _SHIFT, shade, width, cv2.LINE_AA, _SHIFT)

    def ring(self, xy: np.ndarray, colour: Colour, *, radius: int = 9) -> None:
        """A plain ring; radius: in pixels of the canvas."""
        import cv2

        cv2.circle(self.pixels, self._at(xy), radius << _SHIFT, colour, 2, cv2.LINE_AA, _SHIFT)

    def ellipse(self, xy: np.ndarray, covariance: np.ndarray, colour: Colour) -> None:
        """The 90 % ellipse of a Gaussian."""
        import cv2

        values, vectors = np.linalg.eigh(covariance)
        axes = tuple(int(v) for v in (_LEVEL_90 * np.sqrt(values[::-1]) * self._zoom * (1 << _SHIFT)).round())
        angle = float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
        cv2.ellipse(self.pixels, self._at(xy), axes, angle, 0, 360, colour, 1, cv2.LINE_AA, _SHIFT)

    def jpeg(self) -> bytes:
        """The picture as a JPEG file."""
        import cv2

        done, data = cv2.imencode(".jpg", cv2.cvtColor(self.pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
        if not done:
            raise ValueError(f"OpenCV did not encode a {self.pixels.shape} picture")
        return data.tobytes()

    def _at(self, xy: np.ndarray) -> tuple[int, int]:
        """Our pixels as OpenCV's fixed point: its pixel centres are whole numbers, ours are at + 0.5."""
        x, y = np.round(((xy - self._corner) * self._zoom - 0.5) * (1 << _SHIFT)).astype(int)
        return int(x), int(y)
