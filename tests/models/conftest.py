"""Real weights and pictures beside the repository; tests that want them skip, with the reason, where there are none."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from bleedkit.datasets.video import index_video, read_video
from bleedkit.models.stage import Resources

_SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.fixture(scope="session")
def xfeat_resources() -> Resources:
    """The weights `xfeat` (without fine_matcher) and `lighterglue` (3 of 6 layers)."""
    files = {"xfeat": "xfeat_backbone.safetensors", "lighterglue": "lighterglue_L3.safetensors"}
    weights = {name: _SHARED / "weights" / file for name, file in files.items()}
    if not all(path.is_file() for path in weights.values()):
        pytest.skip(f"XFeat's weights are not in {_SHARED / 'weights'}")
    return Resources(weights=weights)


@pytest.fixture(scope="session")
def xfeat_pair() -> tuple[np.ndarray, np.ndarray]:
    """XFeat's own two pictures of one place, (600, 800, 3) RGB."""
    files = [_SHARED / "data" / "xfeat_pair" / f"{name}.png" for name in ("ref", "tgt")]
    if not all(path.is_file() for path in files):
        pytest.skip(f"XFeat's pictures are not in {files[0].parent}")
    return tuple(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in files)


@pytest.fixture(scope="session")
def tissue() -> tuple[dict[int, np.ndarray], dict[int, list]]:
    """A real clip of pulled tissue: its labelled frames, RGB, and the labels, each frame -> two of [x, y] or None."""
    folder = _SHARED / "data" / "vl_surgpt" / "tissue" / "seq000"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    labels = {int(frame): points for frame, points in json.loads((folder / "labels.json").read_text()).items()}
    video = next(folder.glob("*.mp4"))
    return dict(read_video(video, index_video(video).frames("seq000"), set(labels))), labels


@pytest.fixture(scope="session")
def warped() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Turn a picture about its middle by `degrees`, enlarge it by `scale` and move it by `shift`, in pixels.

    The function returns the new picture and the (2, 3) matrix that takes our coordinates of the old one to the new.
    """

    def warp(picture, *, degrees=0.0, scale=1.0, shift=(0.0, 0.0)):
        height, width = picture.shape[:2]
        middle = np.array([width, height]) / 2
        angle = np.deg2rad(degrees)
        linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        move = middle + shift - linear @ middle
        # OpenCV's pixel centres are whole numbers: x' + 0.5 = linear (x + 0.5) + move.
        in_opencv = np.column_stack([linear, linear @ [0.5, 0.5] + move - 0.5])
        moved = cv2.warpAffine(
            picture, in_opencv, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        return moved, np.column_stack([linear, move])

    return warp
