"""nnU-Net v2's raw dataset: a picture and a label map for every frame with a region.

Format: nnU-Net, documentation/dataset_format.md. `--out` is the dataset's own folder, to be called `Dataset<3
digits>_<name>`. Pictures become PNG, read by NaturalImage2DIO. A target's number is its place among all the cohort's
targets, from 1. A split's test patients go to `imagesTs`; of a cross-validation, `splits_final.json` holds the folds.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from ..cohort import ClipView, Cohort
from ..errors import BleedkitError
from ..schema import Clip, MaskLabel
from ..split import Split
from .file_names import clip_names, frame_name
from .losses import Losses
from .pictures import png_bytes, write_pictures
from .selection import Selection, by_frame, label_mask, one_each

_COVERED: Final = "region of which another target's covers a part"
_EMPTY: Final = "empty region beside other targets (a map says background for all)"


def export_nnunet(cohort: Cohort, out: Path, selection: Selection, losses: Losses) -> dict[str, int]:
    """Write `imagesTr`, `labelsTr` (`Ts` for test), `dataset.json` and, with a split, `splits_final.json`."""
    targets = sorted(set(cohort.label_table("masks")["target"].to_pylist()))
    if not 0 < len(targets) < 255:
        raise BleedkitError(f"{cohort.folder} has {len(targets)} region targets", "nnU-Net wants 1 to 254")
    names = clip_names(cohort.clips)
    cases: dict[str, list[str]] = {}
    for view in selection.views(cohort, losses, "nnU-Net"):
        losses.add("point", len(view.points))
        losses.add("onset", len(view.onsets))
        folder = "Ts" if _is_test(selection, view.clip) else "Tr"
        wanted = _masks(view, losses)
        stem = out / f"images{folder}" / f"{names[view.clip.clip_id]}_"
        written = write_pictures(cohort, view, wanted, stem, tail="_0000", png=True)
        (out / f"labels{folder}").mkdir(exist_ok=True)
        for frame in written:
            case = frame_name(names[view.clip.clip_id], frame)
            pixels = _label_map(cohort, view.clip, wanted[frame], targets, losses)
            (out / f"labels{folder}" / f"{case}.png").write_bytes(png_bytes(pixels))
            cases.setdefault(view.clip.clip_id, []).append(case)
    total = sum(map(len, cases.values()))
    test = sum(len(found) for clip_id, found in cases.items() if _is_test(selection, cohort.clip(clip_id)))
    _write_json(out / "dataset.json", _dataset(cohort, targets, total - test))
    if selection.split:
        _write_json(out / "splits_final.json", _folds(selection.split, cases, cohort.clips))
    return {"cases": total, "training": total - test, "test": test}


def _is_test(selection: Selection, clip: Clip) -> bool:
    """Whether the clip is held back from training and validation altogether."""
    split = selection.split
    if split is None or len(split.folds) > 1 or "val" not in split.folds[0].values():
        return False
    return split.part(clip) == "test"


def _folds(split: Split, cases: Mapping[str, Sequence[str]], clips: Mapping[str, Clip]) -> list[dict[str, list[str]]]:
    """nnU-Net's `splits_final.json`: of a fold without `val`, the held-out patients are what it validates on."""
    folds = []
    for number, parts in enumerate(split.folds):
        held = "val" if "val" in parts.values() else "test"
        fold: dict[str, list[str]] = {"train": [], "val": []}
        for clip_id, names in cases.items():
            part = split.part(clips[clip_id], number)
            if part in ("train", held):
                fold["train" if part == "train" else "val"].extend(names)
        folds.append(fold)
    return folds


def _masks(view: ClipView, losses: Losses) -> dict[int, list[MaskLabel]]:
    found = by_frame(one_each(view.masks, losses))
    images = {frame.frame for frame in view.frames if frame.has_image}
    losses.add("region in a frame without image", sum(len(rows) for n, rows in found.items() if n not in images))
    return {frame: rows for frame, rows in found.items() if frame in images}


def _label_map(
    cohort: Cohort, clip: Clip, rows: Sequence[MaskLabel], targets: Sequence[str], losses: Losses
) -> np.ndarray:
    pixels = np.zeros((clip.size.height, clip.size.width), np.uint8)
    for row in sorted(rows, key=lambda row: row.target):
        mask = label_mask(cohort, clip, row)
        losses.add(_COVERED, int(pixels[mask].any()))
        losses.add(_EMPTY, int(len(targets) > 1 and not row.area))
        pixels[mask] = targets.index(row.target) + 1
    return pixels


def _dataset(cohort: Cohort, targets: Sequence[str], training: int) -> dict[str, object]:
    return {
        "name": cohort.meta.name,
        "licence": cohort.meta.licence,
        "reference": cohort.meta.citation,
        "channel_names": {"0": "R", "1": "G", "2": "B"},
        "labels": {"background": 0, **{target: number for number, target in enumerate(targets, 1)}},
        "numTraining": training,
        "file_ending": ".png",
        "overwrite_image_reader_writer": "NaturalImage2DIO",
    }


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
