"""COCO: one JSON file a part, with `videos`, `images`, and an annotation for every region and point.

Format: https://cocodataset.org/#format-data; `videos` and `video_id` as in YouTube-VIS. Regions are run lengths, which
hold parts and holes, with `iscrowd` 0 so that evaluation counts them; an empty one has 1, as pycocotools would count it
as an object that nobody can find. A category's id is its place among all the cohort's targets, regions first, so that
the files of a split agree. A point is a keypoint of a category of its own, with a box (`point_box`) and its area, by
which OKS is scaled; every annotation and category has the keys of a keypoint, as readers of keypoints want them of all;
COCO's keypoints are pixel indices (detectron2 adds 0.5 on reading, and so does ours), our pixel centres c + 0.5.
Keypoint flags: 2 visible, 1 not visible but located, 0 not visible and not located. `bleedkit` holds what COCO has no
key for.
"""

import json
import math
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from ..cohort import ClipView, Cohort
from ..schema import Clip, Frame, ImageSize, MaskLabel, PointLabel
from .exported import LABELS
from .file_names import clip_names, frame_name
from .label_fields import fields_of
from .losses import Losses
from .pictures import write_pictures
from .point_box import point_box
from .run_lengths import coco_counts, coco_digest
from .selection import Selection, by_frame, label_mask

OURS: Final = "bleedkit"
SHAPE: Final = "shape"
"""Digest of a region as exported: one that has it still need not be unpacked."""
KEYPOINT_OFFSET: Final = 0.5


def export_coco(cohort: Cohort, out: Path, selection: Selection, losses: Losses) -> dict[str, int]:
    """Write `labels.json`, or `labels_<part>.json` for every part of the split; returns what was written, by kind."""
    files: dict[str, _CocoFile] = {}
    names = clip_names(cohort.clips)
    categories = _categories(cohort)
    try:
        for view in selection.views(cohort, losses, "COCO"):
            part = selection.part(view.clip)
            if part not in files:
                files[part] = _CocoFile(out / (f"labels_{part}.json" if part else "labels.json"), cohort, categories)
            copied: Mapping[int, Path] = {}
            if selection.images:
                stem = out / "images" / f"{names[view.clip.clip_id]}_"
                every = {frame.frame for frame in view.frames}
                copied = write_pictures(cohort, view, every, stem)
            pictures = {frame: path.relative_to(out).as_posix() for frame, path in copied.items()}
            files[part].clip(view, names[view.clip.clip_id], pictures)
        for file in files.values():
            file.finish()
    finally:
        for file in files.values():
            file.close()
    return dict(sum((file.counts for file in files.values()), Counter[str]()))


class _CocoFile:
    """One file, written as clips come: annotations to a second file that `finish` appends, so that neither piles up."""

    def __init__(self, path: Path, cohort: Cohort, categories: Mapping[tuple[str, str], int]) -> None:
        self._cohort = cohort
        self._images = path.open("w", encoding="utf-8")
        self._notes_path = path.with_suffix(".annotations")
        self._notes = self._notes_path.open("w", encoding="utf-8")
        self._categories = categories
        self._videos: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        meta = cohort.meta
        info = {"description": meta.name, "version": meta.source_version, "contributor": meta.citation}
        licence = [{"id": 1, "name": meta.licence, "url": ""}]
        self._images.write(f'{{"info": {json.dumps(info)},\n"licenses": {json.dumps(licence)},\n"images": [')

    def clip(self, view: ClipView, name: str, pictures: Mapping[int, str]) -> None:
        """Write a clip. name: its file name. pictures: files that were copied, by frame."""
        self._videos.append(_video(view, len(self._videos) + 1))
        points, masks = by_frame(view.points), by_frame(view.masks)
        for frame in view.frames:
            if frame.has_image or frame.frame in points or frame.frame in masks:
                file = pictures.get(frame.frame) or frame.path or f"{frame_name(name, frame.frame)}.png"
                regions, here = masks.get(frame.frame, ()), points.get(frame.frame, ())
                image_id = self._image(view.clip, frame, file, [row.label_id for row in (*regions, *here)])
                for mask in regions:
                    self._note(image_id, "region", mask, self._region(view.clip, mask))
                for point in here:
                    self._note(image_id, "point", point, _keypoint(point, view.clip.size))
        self.counts["onsets"] += len(view.onsets)

    def finish(self) -> None:
        """Bring both halves together into a whole file."""
        self._images.write('\n],\n"annotations": [')
        self._notes.close()
        with self._notes_path.open(encoding="utf-8") as notes:
            shutil.copyfileobj(notes, self._images)
        categories = [_category(kind, target, number) for (kind, target), number in self._categories.items()]
        for key, values in (("categories", categories), ("videos", self._videos)):
            self._images.write(f'\n],\n"{key}": [')
            for number, value in enumerate(values):
                _write(self._images, value, first=not number)
        self._images.write("\n]}\n")

    def close(self) -> None:
        """Close the files and drop the second."""
        self._images.close()
        self._notes.close()
        self._notes_path.unlink(missing_ok=True)

    def _image(self, clip: Clip, frame: Frame, file: str, labels: Sequence[str]) -> int:
        """Write an image with the ids of its labels, so that an import can tell which of them are gone."""
        self.counts["frames"] += 1
        ours = {"clip_id": clip.clip_id, "frame": frame.frame, "patient_id": clip.patient_id}
        image = {
            "id": self.counts["frames"],
            "file_name": file,
            "width": clip.size.width,
            "height": clip.size.height,
            "license": 1,
            "video_id": len(self._videos),
            "frame_id": frame.frame,
            OURS: {**ours, LABELS: labels} if labels else ours,
        }
        _write(self._images, image, first=self.counts["frames"] == 1)
        return self.counts["frames"]

    def _note(self, image_id: int, kind: str, label: PointLabel | MaskLabel, shape: Mapping[str, Any]) -> None:
        number = self.counts["regions"] + self.counts["points"] + 1
        self.counts[f"{kind}s"] += 1
        note = {"id": number, "image_id": image_id, "category_id": self._categories[kind, label.target], **shape}
        _write(self._notes, {**note, OURS: {**shape.get(OURS, {}), **fields_of(label)}}, first=number == 1)

    def _region(self, clip: Clip, label: MaskLabel) -> dict[str, Any]:
        mask = label_mask(self._cohort, clip, label)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        box = [0, 0, 0, 0]
        if rows.size:
            box = [int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1]
        counts: dict[str, Any] = {"size": [clip.size.height, clip.size.width], "counts": coco_counts(mask)}
        area = int(np.count_nonzero(mask))
        keypoints: dict[str, Any] = {"keypoints": [], "num_keypoints": 0}
        ours = {SHAPE: coco_digest(counts["counts"], clip.size)}
        return {"segmentation": counts, "area": area, "bbox": box, "iscrowd": int(not area), **keypoints, OURS: ours}


def _keypoint(label: PointLabel, size: ImageSize) -> dict[str, Any]:
    located = math.isfinite(label.x) and math.isfinite(label.y)
    x, y = (label.x - KEYPOINT_OFFSET, label.y - KEYPOINT_OFFSET) if located else (0.0, 0.0)
    flag = 2 if label.visible else int(located)
    left, top, right, bottom = point_box(label, size)
    return {
        "keypoints": [x, y, flag],
        "num_keypoints": int(located),
        "segmentation": [],
        "area": (right - left) * (bottom - top),
        "bbox": [left, top, right - left, bottom - top],
        "iscrowd": 0,
        OURS: {"visible": label.visible},
    }


def _video(view: ClipView, number: int) -> dict[str, Any]:
    clip = view.clip
    onsets = [{"frame": label.frame, "target": label.target, **fields_of(label)} for label in view.onsets]
    ours = {
        "clip_id": clip.clip_id,
        "patient_id": clip.patient_id,
        "procedure_id": clip.procedure_id,
        "fps": clip.fps,
        "site": clip.site,
        "scenarios": list(clip.scenarios),
        "media": clip.media,
        "onsets": onsets,
        LABELS: [label.label_id for label in view.onsets],
    }
    size = {"width": clip.size.width, "height": clip.size.height}
    return {"id": number, "name": clip.clip_id, **size, "length": clip.n_frames, OURS: ours}


def _categories(cohort: Cohort) -> dict[tuple[str, str], int]:
    """Category ids by kind and target."""
    targets = [
        (kind, target)
        for kind, table in (("region", "masks"), ("point", "points"))
        for target in sorted(set(cohort.label_table(table)["target"].to_pylist()))
    ]
    return {one: number for number, one in enumerate(targets, 1)}


def _category(kind: str, target: str, number: int) -> dict[str, Any]:
    keypoints = [target] if kind == "point" else []
    return {"id": number, "name": target, "supercategory": kind, "keypoints": keypoints, "skeleton": []}


def _write(stream: IO[str], value: object, *, first: bool) -> None:
    stream.write(("\n" if first else ",\n") + json.dumps(value, ensure_ascii=False))
