"""LabelMe files as LabelMe 5 writes them, in the folders of BleedOrigin-Bench or in folders of your own."""

import base64
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from .pictures import SIZE, clip_frames, save, truncate


def shape(label: str, points: list, shape_type: str = "point", **more) -> dict:
    """One shape as LabelMe writes it."""
    rest = {"group_id": None, "description": "", "shape_type": shape_type, "flags": {}, "mask": None}
    return {"label": label, "points": points, **rest, **more}


def mask_shape(label: str, mask: np.ndarray, x: int, y: int) -> dict:
    """A `mask` shape: a base64 PNG with its inclusive box."""
    data = cv2.imencode(".png", mask.astype(np.uint8))[1].tobytes()
    height, width = mask.shape
    box = [[float(x), float(y)], [float(x + width - 1), float(y + height - 1)]]
    return shape(label, box, "mask", mask=base64.b64encode(data).decode())


def document(image: str, shapes: list[dict], size: tuple[int, int] = SIZE, **more) -> dict:
    """A label file's JSON object."""
    top = {"version": "5.7.0", "flags": {}, "shapes": shapes, "imagePath": image, "imageData": None}
    return {**top, "imageHeight": size[1], "imageWidth": size[0], **more}


@dataclass
class LabelMeTruth:
    """What was written: points in pixels (None: labelled, and none there) by clip folder and frame."""

    root: Path
    points: dict[str, dict[int, tuple[float, float] | None]] = field(default_factory=dict)
    frames: dict[str, int] = field(default_factory=dict)


def write_bleedorigin(
    root: Path, *, patients: int = 3, detection: int = 150, tracking: int = 61, first: int = 0, seed: int = 0
) -> LabelMeTruth:
    """A detection clip (label at frame 120) and a tracking clip (label every 30 frames) of each patient."""
    truth = LabelMeTruth(root)
    for patient in range(1, patients + 1):
        for name, frames, labelled in (("det1", detection, [120]), ("trk1", tracking, range(0, tracking, 30))):
            clip = f"p{patient:02d}/{name}"
            write_clip(truth, clip, frames, labelled, first=first, key=[seed, patient, frames])
    return truth


def write_labelme(root: Path, *, clips: int = 2, frames: int = 4, seed: int = 0) -> LabelMeTruth:
    """Folders of your own: every frame labelled with one point `source`."""
    truth = LabelMeTruth(root)
    for clip in range(1, clips + 1):
        write_clip(truth, f"clip{clip}", frames, range(frames), key=[seed, clip])
    return truth


def write_clip(truth: LabelMeTruth, clip: str, frames: int, labelled, *, key: list[int], first: int = 0) -> None:
    folder = truth.root / clip
    truth.points[clip], truth.frames[clip] = {}, frames
    rng = np.random.default_rng([3, *key])
    for frame, picture in enumerate(clip_frames(key, frames)):
        image = folder / f"{frame + first:05d}.jpg"
        save(image, picture, 80)
        if frame in labelled:
            point = (float(rng.uniform(1, SIZE[0] - 1)), float(rng.uniform(1, SIZE[1] - 1)))
            truth.points[clip][frame] = point
            write_label(image, [shape("source", [list(point)])])


def write_label(image: Path, shapes: list[dict], **more) -> Path:
    """The label file of an image."""
    path = image.with_suffix(".json")
    path.write_text(json.dumps(document(image.name, shapes, **more), indent=2))
    return path


def _label(text_or_shapes, **more):
    """Damage: the label file of frame 1 of the first clip holds this."""

    def damage(truth: LabelMeTruth) -> None:
        image = truth.root / next(iter(truth.points)) / "00001.jpg"
        if isinstance(text_or_shapes, str):
            image.with_suffix(".json").write_text(text_or_shapes)
        else:
            write_label(image, text_or_shapes, **more)

    return damage


def _file(name: str, action):
    return lambda truth: action(truth.root / next(iter(truth.points)) / name)


_ONE = [shape("source", [[5.0, 6.0]])]

CORRUPTIONS = {
    "not JSON": (_label("{"), "labelme"),
    "not an object": (_label("[1, 2]"), "labelme"),
    "deep nesting": (_label("[" * 100_000), "labelme"),
    "key twice": (_label('{"imagePath": "00001.jpg", "imagePath": "00001.jpg", "shapes": []}'), "labelme"),
    "NaN": (_label([shape("source", [[float("nan"), 5.0]])]), "labelme"),
    "infinite": (_label([shape("source", [[float("inf"), 5.0]])]), "labelme"),
    "two vertices of a point": (_label([shape("source", [[1.0, 2.0], [3.0, 4.0]])]), "labelme"),
    "no vertices": (_label([shape("source", [])]), "labelme"),
    "three numbers": (_label([shape("source", [[1.0, 2.0, 3.0]])]), "labelme"),
    "unknown type": (_label([shape("source", [[1.0, 2.0]], "star")]), "labelme"),
    "mask without data": (_label([shape("blood", [[1.0, 2.0], [3.0, 4.0]], "mask")]), "labelme"),
    "mask of another size": (
        _label([{**mask_shape("blood", np.ones((4, 4), bool), 3, 3), "points": [[3, 3], [9, 9]]}]), "labelme"),
    "mask that is no picture": (_label([shape("blood", [[1, 2], [3, 4]], "mask", mask="AAAA")]), "labelme"),
    "path up": (_label(_ONE, imagePath="../00001.jpg"), "labelme"),
    "absolute path": (_label(_ONE, imagePath="/etc/passwd"), "labelme"),
    "drive": (_label(_ONE, imagePath="C:\\data\\00001.jpg"), "labelme"),
    "size of another image": (_label(_ONE, size=(640, 480)), "label-size"),
    "data that is no image": (_label(_ONE, imageData="AAAA"), "labelme"),
    "number as a label": (_label([shape(7, [[1.0, 2.0]])]), "labelme"),
    "flags of numbers": (_label([shape("source", [[1.0, 2.0]], flags={"a": 1})]), "labelme"),
    "two sources": (_label([*_ONE, shape("source", [[9.0, 9.0]])]), "several-points"),
    "a line": (_label([*_ONE, shape("vessel", [[1.0, 2.0], [3.0, 4.0]], "line")]), "shape-ignored"),
    "another image's name": (_label(_ONE, imagePath="00000.jpg"), "image-path"),
    "label alone": (_file("00999.json", lambda p: p.write_text(json.dumps(document("00999.jpg", [])))),
                    "label-without-image"),
    "no number in a name": (_file("00002.jpg", lambda p: shutil.copy(p, p.with_name("last.jpg"))), "frame-name"),
    "number twice": (_file("00002.jpg", lambda p: shutil.copy(p, p.with_name("2.jpg"))), "duplicate-frame"),
    "two endings": (_file("00002.jpg", lambda p: shutil.copy(p, p.with_suffix(".jpeg"))), "duplicate-frame"),
    "a loop of folders": (_file("again", lambda p: p.symlink_to("..")), "link"),
    "a link out": (_file("again", lambda p: p.symlink_to("/")), "link"),
    "truncated label": (_file("00001.json", truncate), "labelme"),
}  # fmt: skip
