"""COCO read back: keypoints as points, segmentations as regions, boxes told as what they are - not labels of ours."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import BleedkitError
from ..json_file import read_json
from ..progress import track
from ..schema import ImageSize, MaskLabel, OnsetLabel, PointLabel
from .coco_export import KEYPOINT_OFFSET, OURS, SHAPE
from .exported import LABELS, Exported, label_ids
from .label_fields import LabelFields
from .reading import Found, Reading, Spot
from .run_lengths import coco_digest, coco_mask

MAX_BYTES: Final = 4 << 30
_BAD: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)
_CROWD: Final = "annotation with a box alone"


def read_coco(path: Path, reading: Reading) -> Iterator[Found]:
    """Labels of a COCO file, or of every `*.json` of a folder, or else of the `annotations` in it.

    Raises BleedkitError where one is no COCO file. Images are found by the clip and frame that our exports name, else
    by `file_name`.
    """
    files = sorted(path.glob("*.json")) or sorted(path.glob("annotations/*.json")) if path.is_dir() else [path]
    if not files:
        raise BleedkitError(f"{path} holds no *.json", "name the COCO file")
    for file in files:
        yield from _File(file, reading).labels()


class _File:
    """One file: its images and categories, then its annotations one by one."""

    def __init__(self, path: Path, reading: Reading) -> None:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise BleedkitError(f"{path} is larger than {MAX_BYTES >> 30} GiB", "export fewer clips to a file")
        document = read_json(path)[0]
        if not isinstance(document, dict) or not all(isinstance(document.get(key), list) for key in ("images",)):
            raise BleedkitError(f"{path} is no COCO file: it has no list of images", "export it as COCO instances")
        self._path, self._reading, self._document = path, reading, document
        self._refused = len(reading.refused)
        self._held: dict[str, tuple[str, int | None]] = {}
        self._exported = Exported(path.name, self._covers)
        self._categories: dict[object, tuple[str, Sequence[object]]] = {}
        for category in self._list("categories"):
            if isinstance(category, dict) and _is_key(category.get("id")):
                names = category.get("keypoints")
                named = names if isinstance(names, list) else []
                self._categories[category["id"]] = (str(category.get("name", "")), named)
        self._places = self._images()

    def labels(self) -> Iterator[Found]:
        """Onsets, then annotations in the file's order; what cannot be read is a problem of the reading."""
        return self._exported.watch(self._labels_of_all(), self._reading, self._refused)

    def _labels_of_all(self) -> Iterator[Found]:
        for number, video in enumerate(self._list("videos")):
            yield from self._onsets(f"{self._path.name} video {number}", video)
        notes = self._list("annotations")
        for number, note in enumerate(track(notes, "COCO", total=len(notes))):
            where = f"{self._path.name} annotation {number}"
            try:
                found = list(self._labels(where, note))
            except _BAD as error:
                self._reading.refuse(where, _told(error))
                continue
            yield from found

    def _list(self, key: str) -> list[Any]:
        values = self._document.get(key)
        return values if isinstance(values, list) else []

    def _images(self) -> dict[object, tuple[str, int]]:
        places: dict[object, tuple[str, int]] = {}
        for number, image in enumerate(self._document["images"]):
            where = f"{self._path.name} image {number}"
            try:
                ours = image.get(OURS) or {}
                name = str(image.get("file_name", ""))
                place = (str(ours["clip_id"]), int(ours["frame"])) if ours else self._reading.frame_of_file(name)
                if place is None:
                    raise ValueError(f"{name!r} is none, or not only one, of the cohort's images")
                clip = self._reading.clip_at(where, place)
                width, height = int(image["width"]), int(image["height"])
                if clip is not None and (width, height) != (clip.size.width, clip.size.height):
                    raise ValueError(f"must be {clip.size} like clip {clip.clip_id}, got {width}x{height}")
                if clip is not None:
                    places[image["id"]] = place
                    self._hold(ours, place)
            except _BAD as error:
                self._reading.refuse(where, _told(error))
        return places

    def _hold(self, ours: Mapping[str, Any], place: tuple[str, int | None]) -> None:
        """Note which labels the file was exported with for a frame, or for a whole clip."""
        for label_id in label_ids(ours.get(LABELS)):
            self._held[label_id] = place
            self._exported.ids.add(label_id)

    def _covers(self, row: PointLabel | MaskLabel | OnsetLabel) -> bool:
        """Whether the label's image, or an onset's clip, is still in the file."""
        frame = None if isinstance(row, OnsetLabel) else row.frame
        return self._held.get(row.label_id) == (row.clip_id, frame)

    def _onsets(self, where: str, video: Any) -> Iterator[Found]:
        try:
            ours = video.get(OURS) or {}
            if "onsets" in ours:
                self._hold(ours, (str(ours["clip_id"]), None))
            for onset in ours.get("onsets", ()):
                clip = self._reading.cohort.clips.get(ours["clip_id"])
                frame = int(onset["frame"])
                if clip is None or not -1 <= frame < clip.n_frames:
                    raise ValueError(f"onset {frame} is in no clip of the cohort")
                said = LabelFields.read(onset)
                yield self._reading.onset(Spot(where, clip.clip_id, frame, str(onset.get("target", "onset"))), said)
        except _BAD as error:
            self._reading.refuse(where, _told(error))

    def _labels(self, where: str, note: Mapping[str, Any]) -> Iterator[Found]:
        if note["image_id"] not in self._places:
            self._reading.losses.add("annotation of an image that is not in the cohort")
            return
        place = self._places[note["image_id"]]
        target, names = self._categories.get(note.get("category_id"), ("", ()))
        ours = note.get(OURS) or {}
        if not isinstance(ours, dict):
            raise ValueError(f"{OURS} must be an object")
        said = LabelFields.read(ours)
        keypoints, shape = note.get("keypoints"), note.get("segmentation")
        if keypoints:
            yield from self._points(Spot(where, *place, target or "source"), names, keypoints, ours)
        if shape:
            yield self._region(Spot(where, *place, target or "region"), shape, ours.get(SHAPE), said)
        if not keypoints and not shape:
            self._reading.losses.add(_CROWD)
            self._exported.nameless.add(said.label_id)

    def _region(self, spot: Spot, shape: Any, exported: object, said: LabelFields) -> Found:
        """exported: the shape's digest when it was exported. Unpacking and packing it again is most of the time."""
        size = self._reading.cohort.clips[spot.clip_id].size
        if exported and isinstance(shape, dict) and shape.get("size") == [size.height, size.width]:
            counts = shape.get("counts")
            if isinstance(counts, str) and coco_digest(counts, size) == exported:
                same = self._reading.same_mask(spot, said)
                if same is not None:
                    return same
        return self._reading.mask(spot, segmentation_mask(shape, size), said)

    def _points(
        self, spot: Spot, names: Sequence[object], values: Sequence[float], ours: Mapping[str, Any]
    ) -> Iterator[Found]:
        """A category of one keypoint is a target of its own; of several, each is `<category>/<keypoint>`."""
        if len(values) % 3:
            raise ValueError(f"keypoints must come in threes, got {len(values)} numbers")
        said = LabelFields.read(ours)
        for at in range(0, len(values), 3):
            x, y, flag = (float(value) for value in values[at : at + 3])
            if flag == 0 and ours.get("visible") is not False:
                self._reading.losses.add("keypoint that nobody labelled (flag 0)")
                continue
            if not (flag == 0 or (math.isfinite(x) and math.isfinite(y))) or flag not in (0, 1, 2):
                raise ValueError(f"keypoint must be two numbers and a flag 0, 1 or 2, got {values[at : at + 3]}")
            name = names[at // 3] if at // 3 < len(names) else at // 3
            one = spot if len(values) == 3 else replace(spot, target=f"{spot.target}/{name}")
            xy = (x + KEYPOINT_OFFSET, y + KEYPOINT_OFFSET) if flag else (math.nan, math.nan)
            found = self._reading.point(one, xy, flag == 2, said)
            if found is not None:
                yield found


def segmentation_mask(shape: Any, size: ImageSize) -> np.ndarray:
    """Mask (H, W) bool of a COCO segmentation: run lengths, or polygons, of which a pixel is in any.

    Raises ValueError where it is neither, or not of `size`.
    """
    if isinstance(shape, dict):
        if shape.get("size") != [size.height, size.width]:
            raise ValueError(f"mask must be [{size.height}, {size.width}], got {json.dumps(shape.get('size'))[:60]}")
        counts = shape.get("counts")
        if not isinstance(counts, (str, list)):
            raise ValueError("mask has no counts")
        return coco_mask(counts, size)
    if not isinstance(shape, list) or not all(isinstance(part, list) for part in shape):
        raise ValueError("segmentation is neither run lengths nor polygons")
    from pycocotools import mask as coco

    outlines = [[float(value) for value in part] for part in shape]
    for part in outlines:
        if len(part) < 6 or len(part) % 2:
            raise ValueError(f"a polygon needs three corners or more, got {len(part)} numbers")
        if not all(abs(value) <= 4 * max(size.width, size.height) for value in part):
            raise ValueError("a polygon lies far outside its image")
    # Merged before it is unpacked: each part unpacked would take a picture's memory.
    return np.asarray(coco.decode(coco.merge(coco.frPyObjects(outlines, size.height, size.width))), np.bool_)


def _is_key(value: object) -> bool:
    return isinstance(value, (int, str))


def _told(error: Exception) -> str:
    return f"lacks {error}" if isinstance(error, KeyError) else str(error)
