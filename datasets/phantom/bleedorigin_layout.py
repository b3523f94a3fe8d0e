"""BleedOrigin-Bench's layout as far as it is known: `<patient>/<clip>/<frame>.jpg` with LabelMe points beside.

A phantom clip becomes two folders, as the paper cuts its videos: `<clip>d`, 150 frames with one label, the onset at
120; and `<clip>t`, the frames from 120 on, counted from 0, with a label every 30. `mapping.toml` declares the official
split and the table of sites and scenarios to the builder.
"""

import csv
import io
import json
from collections import defaultdict
from pathlib import Path
from typing import Final

import numpy as np

from ..cohort import Cohort
from ..labelme_file import LabelMeFile, LabelMeShape, write_labelme
from ..media import iter_images
from ..schema import Clip, PointLabel
from .layout_parts import points_by_frame, write_jpeg
from .preset_bleedorigin import DETECTION_FRAMES, ONSET

LABEL: Final = "bleeding_source"
DETECTION, TRACKING = "d", "t"
_LABELME_VERSION: Final = "6.3.1"
_MAPPING: Final = f'split_file = "split.json"\nclips = "clips.csv"\nsource_labels = ["{LABEL}"]\n'


def write_clip(cohort: Cohort, clip: Clip, folder: Path) -> None:
    """Write one clip's two folders below `folder`."""
    points = points_by_frame(cohort, clip.clip_id)
    for frame, rgb in iter_images(cohort, clip.clip_id):
        if frame < DETECTION_FRAMES:
            label = points[frame] if frame == ONSET else None
            _write_frame(folder / _folder(clip, DETECTION), frame, rgb, label, clip)
        if frame >= ONSET:
            _write_frame(folder / _folder(clip, TRACKING), frame - ONSET, rgb, points.get(frame), clip)


def write_facts(cohort: Cohort, folder: Path) -> None:
    """Write the split, the table of clips, and the mapping file that names both."""
    split: dict[str, list[str]] = defaultdict(list)
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["patient", "clip", "site", "scenarios"])
    for clip in cohort.clips.values():
        if clip.official_split and clip.patient_id not in split[clip.official_split]:
            split[clip.official_split].append(clip.patient_id)
        for part in (DETECTION, TRACKING):
            rows.writerow([*_folder(clip, part).parts, clip.site, ";".join(clip.scenarios)])
    (folder / "split.json").write_text(json.dumps(split, indent=1) + "\n", encoding="utf-8")
    (folder / "clips.csv").write_text(table.getvalue(), encoding="utf-8")
    (folder / "mapping.toml").write_text(_MAPPING, encoding="utf-8")


def _folder(clip: Clip, part: str) -> Path:
    return Path(clip.patient_id) / (clip.clip_id.removeprefix(f"{clip.patient_id}-") + part)


def _write_frame(folder: Path, frame: int, rgb: np.ndarray, label: PointLabel | None, clip: Clip) -> None:
    name = f"{frame:05d}"
    write_jpeg(folder / f"{name}.jpg", rgb)
    if label is not None:
        shapes = (LabelMeShape(LABEL, ((label.x, label.y),), "point"),) if label.visible else ()
        write_labelme(folder / f"{name}.json", LabelMeFile(f"{name}.jpg", shapes, clip.size, _LABELME_VERSION))
