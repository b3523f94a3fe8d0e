"""Small pictures that look like nothing else: smooth noise drifting through a clip, and blocky regions."""

from pathlib import Path

import cv2
import numpy as np

SIZE = (64, 48)


def clip_frames(key: list[int], frames: int, size: tuple[int, int] = SIZE) -> list[np.ndarray]:
    """RGB (H, W, 3) uint8 pictures of one clip: its own texture, moved one pixel a frame."""
    width, height = size
    rng = np.random.default_rng(key)
    noise = rng.uniform(30, 225, ((height + 15) // 8, (width + frames + 15) // 8, 3)).astype(np.float32)
    wide = cv2.resize(noise, (width + frames, height), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)
    return [np.ascontiguousarray(wide[:, t : t + width]) for t in range(frames)]


def block_mask(key: list[int], size: tuple[int, int] = SIZE) -> np.ndarray:
    """A region (H, W) bool of whole 8x8 blocks, which JPEG keeps exactly."""
    width, height = size
    blocks = np.random.default_rng(key).random(((height + 7) // 8, (width + 7) // 8)) < 0.3
    return np.kron(blocks, np.ones((8, 8), bool))[:height, :width].astype(bool)


def save(path: Path, picture: np.ndarray, quality: int = 95) -> None:
    """Write RGB (H, W, 3) or gray (H, W) uint8 in the format of the file's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = picture[..., ::-1] if picture.ndim == 3 else picture
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality] if path.suffix.lower() in (".jpg", ".jpeg") else []
    done, data = cv2.imencode(path.suffix.lower(), bgr, settings)
    assert done
    path.write_bytes(data.tobytes())


def truncate(path: Path, share: float = 0.6) -> None:
    """Cut a file off."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
