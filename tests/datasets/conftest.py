"""Real videos whose pictures carry their own number, so that a frame out of place cannot hide."""

from fractions import Fraction

import av
import numpy as np
import pytest

WIDTH, HEIGHT, BITS = 128, 64, 8


def barcode(number: int) -> np.ndarray:
    """(64, 128, 3) uint8: the number's bits as white columns above a noise of its own."""
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            rgb[: HEIGHT // 2, bit * 16 : bit * 16 + 16] = 255
    rgb[HEIGHT // 2 :] = np.random.default_rng(number).integers(0, 255, (HEIGHT // 2, WIDTH, 3))
    return rgb


def number_in(rgb: np.ndarray) -> int:
    """Read a barcode back, whatever the codec did to it."""
    return sum(1 << bit for bit in range(BITS) if rgb[8:24, bit * 16 + 4 : bit * 16 + 12].mean() > 128)


def barcode_video(path, frames=40, codec="libx264", times_ms=None, container=None, **codec_options):
    """Write `frames` barcodes at 30 fps, or at the given times; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options=container or {}) as out:
        stream = out.add_stream(codec, rate=30, options={"g": "10", **codec_options})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        if times_ms is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(barcode(number), format="rgb24")
            picture.pts = number if times_ms is None else times_ms[number]
            picture.time_base = Fraction(1, 30) if times_ms is None else Fraction(1, 1000)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(name="barcode_video", scope="session")
def _barcode_video():
    return barcode_video


@pytest.fixture(name="number_in", scope="session")
def _number_in():
    return number_in


@pytest.fixture(name="barcode", scope="session")
def _barcode():
    return barcode
