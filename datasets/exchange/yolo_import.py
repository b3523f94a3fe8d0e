"""YOLO labels read back: polygons as regions, poses as points, boxes told."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from ..errors import BleedkitError
from ..progress import track
from ..schema import Clip, ImageSize
from .label_fields import LabelFields
from .reading import Found, Reading, Spot

_MAX_YAML: Final = 1 << 20
_SHORT: Final = 0.02


def read_yolo(path: Path, reading: Reading) -> Iterator[Found]:
    """Labels below a dataset's folder (with `data.yaml`), or below `seg` and `pose` as we export them.

    With one target, a label file without lines says that there is no region. Raises BleedkitError where there is no
    data.yaml that names the targets.
    """
    roots = [root for root in (path, path / "seg", path / "pose") if (root / "data.yaml").is_file()]
    if not roots:
        raise BleedkitError(f"{path} has no data.yaml", "name the folder that holds it")
    for root in roots:
        targets, pose = _yaml(root / "data.yaml")
        files = sorted((root / "labels").rglob("*.txt"))
        for file in track(files, "YOLO", total=len(files)):
            place = reading.frame_of_file(file.name)
            if place is None:
                reading.refuse(file.name, "its name is no <clip>_<frame> of the cohort")
            elif (clip := reading.clip_at(file.name, place)) is not None:
                yield from _File(file, clip, place[1], targets, pose).labels(reading)


class _File:
    """One label file. pose: keypoints and numbers a keypoint, None for polygons."""

    def __init__(
        self, path: Path, clip: Clip, frame: int, targets: dict[int, str], pose: tuple[int, int] | None
    ) -> None:
        self._path, self._clip, self._frame, self._targets, self._pose = path, clip, frame, targets, pose

    def labels(self, reading: Reading) -> Iterator[Found]:
        """Labels in the file's order; lines that cannot be one are problems of the reading."""
        lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            where = f"{self._path.name} line {number}"
            try:
                found = self._label(reading, where, line.split())
            except ValueError as error:
                reading.refuse(where, str(error))
                continue
            if found is not None:
                yield found
        if not any(lines) and self._pose is None and len(self._targets) == 1:
            size = self._clip.size
            spot = Spot(self._path.name, self._clip.clip_id, self._frame, next(iter(self._targets.values())))
            yield reading.mask(spot, np.zeros((size.height, size.width), np.bool_), LabelFields())

    def _label(self, reading: Reading, where: str, words: Sequence[str]) -> Found | None:
        numbers = [float(word) for word in words]
        if not numbers or not all(math.isfinite(number) for number in numbers) or numbers[0] not in self._targets:
            raise ValueError(f"wanted a class of data.yaml and numbers, got {' '.join(words)[:60]!r}")
        spot = Spot(where, self._clip.clip_id, self._frame, self._targets[int(numbers[0])])
        if self._pose is not None:
            return self._point(reading, spot, numbers[5:])
        if len(numbers) == 5:
            reading.losses.add("box")
            return None
        if len(numbers) < 7 or len(numbers) % 2 == 0:
            raise ValueError(f"a polygon needs three corners or more, got {len(numbers) - 1} numbers")
        if not all(-1 <= number <= 2 for number in numbers[1:]):
            raise ValueError("a polygon lies far outside its image")
        return reading.mask(spot, filled(np.reshape(numbers[1:], (-1, 2)), self._clip.size), LabelFields())

    def _point(self, reading: Reading, spot: Spot, numbers: Sequence[float]) -> Found | None:
        keypoints, each = self._pose or (1, 3)
        if keypoints != 1 or len(numbers) != each:
            raise ValueError(f"a pose must be a box and one keypoint, got {len(numbers)} numbers after the box")
        flag = numbers[2] if each == 3 else 2
        if flag not in (0, 1, 2):
            raise ValueError(f"visibility must be 0, 1 or 2, got {flag:g}")
        if flag == 0:
            reading.losses.add("keypoint that nobody labelled (flag 0)")
            return None
        xy = numbers[0] * self._clip.size.width, numbers[1] * self._clip.size.height
        return reading.point(spot, xy, flag == 2, LabelFields())


def filled(corners: np.ndarray, size: ImageSize) -> np.ndarray:
    """Mask (H, W) bool of a polygon (N, 2) in 0..1 as Ultralytics fills it: corners cut to pixels, outline included.

    Corners may lack _SHORT pixels, as supervision writes five decimals and Ultralytics six digits.
    """
    pixels = np.floor(corners * [size.width, size.height] + _SHORT).astype(np.int32)
    canvas = np.zeros((size.height, size.width), np.uint8)
    cv2.fillPoly(canvas, [pixels], (1,))
    return canvas.astype(np.bool_)


def _yaml(path: Path) -> tuple[dict[int, str], tuple[int, int] | None]:
    """Targets by class number, and the shape of keypoints. Raises BleedkitError where they are not there."""
    import yaml  # type: ignore[import-untyped]

    try:
        if path.stat().st_size > _MAX_YAML:
            raise ValueError("is too large")
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        names = document["names"]
        pairs = names.items() if isinstance(names, dict) else enumerate(names)
        shape = document.get("kpt_shape")
        return {int(number): str(name) for number, name in pairs}, (int(shape[0]), int(shape[1])) if shape else None
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, yaml.YAMLError) as error:
        raise BleedkitError(f"{path}: names no classes ({error})", "write names: {0: region}") from error
