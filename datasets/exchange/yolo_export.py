"""YOLO as Ultralytics reads it: `seg/` with a polygon a line, `pose/` with a point a line.

Format: https://docs.ultralytics.com/datasets/. Numbers are divided by width and height. Ultralytics cuts polygon
corners to whole pixels, supervision rounds them, and both fill outline and all: a corner is the centre of a border
pixel but for a hundredth, so that either finds this pixel and fills the same region again. A polygon knows no holes,
and each part of a region is a line of its own. A pose needs a box, see `point_box`. One point outside the picture, and
Ultralytics takes no label of that picture.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ..cohort import ClipView, Cohort
from ..schema import Clip, MaskLabel, PointLabel
from .file_names import clip_names
from .losses import Losses
from .pictures import write_pictures
from .point_box import point_box
from .selection import Selection, by_frame, label_mask, one_each

_CORNER: Final = 0.49
_HOLES: Final = "region whose holes are filled"
_UNKNOWN: Final = "point that is not visible, with no position in the picture known"


def export_yolo(cohort: Cohort, out: Path, selection: Selection, losses: Losses) -> dict[str, int]:
    """Write the pictures and labels of all frames with a region to `seg`, with a point to `pose`, and `data.yaml`.

    Without a split all is `train`. Returns what was written, by kind.
    """
    names = clip_names(cohort.clips)
    targets = {
        kind: sorted(set(cohort.label_table(table)["target"].to_pylist()))
        for kind, table in (("seg", "masks"), ("pose", "points"))
    }
    counts = {"pictures": 0, "regions": 0, "points": 0}
    parts: set[str] = set()
    for view in selection.views(cohort, losses, "YOLO"):
        losses.add("onset", len(view.onsets))
        part = selection.part(view.clip) or "train"
        parts.add(part)
        masks, points = by_frame(one_each(view.masks, losses)), by_frame(one_each(view.points, losses))
        lines: dict[str, Mapping[int, list[str]]] = {
            "seg": {n: list(_regions(cohort, view.clip, rows, targets["seg"], losses)) for n, rows in masks.items()},
            "pose": {n: list(_poses(view.clip, rows, targets["pose"], losses)) for n, rows in points.items()},
        }
        written = _write(cohort, view, out, f"{part}/{names[view.clip.clip_id]}_", lines)
        counts["pictures"] += len(written)
        counts["regions"] += sum(len(rows) for frame, rows in masks.items() if frame in written)
        counts["points"] += sum(len(rows) for frame, rows in points.items() if frame in written)
        lost = sum(len(rows) for found in (masks, points) for frame, rows in found.items() if frame not in written)
        losses.add("label in a frame without image", lost)
    for kind, found in targets.items():
        if (out / kind).is_dir():
            (out / kind / "data.yaml").write_text(_yaml(kind, found, parts), encoding="utf-8")
    return counts


def _write(
    cohort: Cohort, view: ClipView, out: Path, stem: str, lines: Mapping[str, Mapping[int, list[str]]]
) -> set[int]:
    """Pictures once, linked where they are wanted twice; returns the frames that have one."""
    every = {frame for found in lines.values() for frame in found}
    written = write_pictures(cohort, view, every, out / "pictures" / stem)
    for kind, found in lines.items():
        for frame, text in found.items():
            if frame in written:
                picture = out / kind / "images" / stem.partition("/")[0] / written[frame].name
                label = out / kind / "labels" / stem.partition("/")[0] / f"{picture.stem}.txt"
                picture.parent.mkdir(parents=True, exist_ok=True)
                label.parent.mkdir(parents=True, exist_ok=True)
                os.link(written[frame], picture)
                label.write_text("".join(f"{line}\n" for line in text), encoding="utf-8")
    for path in written.values():
        path.unlink()
    for folder in (out / "pictures" / stem.partition("/")[0], out / "pictures"):
        folder.rmdir()
    return set(written)


def _regions(
    cohort: Cohort, clip: Clip, rows: Sequence[MaskLabel], targets: Sequence[str], losses: Losses
) -> Iterator[str]:
    for row in rows:
        mask = label_mask(cohort, clip, row)
        outlines, nesting = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        inner = [number for number in range(len(outlines)) if nesting[0][number][3] >= 0]
        losses.add(_HOLES, int(bool(inner)))
        losses.add("empty region beside other targets", int(not row.area and len(targets) > 1))
        for number, outline in enumerate(outlines):
            if number not in inner:
                corners = outline[:, 0, :].tolist()
                corners += [corners[-1]] * (3 - len(corners))  # readers want three corners of any part
                yield f"{targets.index(row.target)} {_unit(clip, [(x + _CORNER, y + _CORNER) for x, y in corners])}"


def _poses(clip: Clip, rows: Sequence[PointLabel], targets: Sequence[str], losses: Losses) -> Iterator[str]:
    for row in rows:
        if not clip.size.holds(row.x, row.y):
            losses.add(_UNKNOWN)
            continue
        x0, y0, x1, y1 = point_box(row, clip.size)
        box = _unit(clip, [((x0 + x1) / 2, (y0 + y1) / 2), (x1 - x0, y1 - y0)])
        yield f"{targets.index(row.target)} {box} {_unit(clip, [(row.x, row.y)])} {2 if row.visible else 1}"


def _unit(clip: Clip, points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x / clip.size.width!r} {y / clip.size.height!r}" for x, y in points)


def _yaml(kind: str, targets: Sequence[str], parts: set[str]) -> str:
    """Every value is JSON, which is YAML as well and needs no second set of quoting rules."""
    values: dict[str, object] = {
        "train": "images/train",
        "val": "images/val" if "val" in parts else "images/train",
        **({"test": "images/test"} if "test" in parts else {}),
        "names": dict(enumerate(targets)),
        **({"kpt_shape": [1, 3], "flip_idx": [0]} if kind == "pose" else {}),  # without flip_idx nothing is mirrored
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items() if key != "names"]
    names = [f"  {number}: {json.dumps(target, ensure_ascii=False)}\n" for number, target in enumerate(targets)]
    return "".join([*lines, "names:\n", *names])
