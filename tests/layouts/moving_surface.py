"""A textured surface of plane waves, exact at any shift, zoom and size: what flows and trackers are tried on."""

import numpy as np


def surface(
    shift: tuple[float, float] = (0, 0), size: tuple[int, int] = (260, 200), *, zoom: float = 1.0, seed: int = 0
) -> np.ndarray:
    """RGB (H, W, 3) uint8. shift: how far the surface has moved, pixels, x then y; zoom: how large a pixel of it is.

    Moved by half a pixel or seen at twice the size it is exactly that, without any interpolation.
    """
    width, height = size
    rng = np.random.default_rng(seed)
    turn, phase = rng.uniform(0, 2 * np.pi, (2, 40))
    wave = 2 * np.pi / rng.uniform(14, 60, 40) / zoom
    x = np.arange(width) + 0.5 - shift[0]
    y = np.arange(height) + 0.5 - shift[1]
    across, down = wave * np.cos(turn), wave * np.sin(turn)
    # A wave of x + y is a product in complex numbers, so the whole picture is one matrix product.
    waves = np.exp(1j * np.outer(y, down)) @ np.exp(1j * (np.outer(across, x) + phase[:, None]))
    gray = np.clip(128 + 10 * waves.real, 0, 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)
