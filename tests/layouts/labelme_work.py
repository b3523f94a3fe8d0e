"""An annotator at work in a folder of label files: reads one, alters it, saves it; and labels to begin from."""

import json
from pathlib import Path

import numpy as np

from bleedkit.datasets.cohort import Cohort
from bleedkit.datasets.mask_store import MaskFile
from bleedkit.datasets.schema import LabelState, MaskLabel, PointLabel, Provenance


def label_path(folder: Path, frame: int, clip: str = "clip0") -> Path:
    return folder / clip / f"{frame:06d}.json"


def read(folder: Path, frame: int, clip: str = "clip0") -> dict:
    return json.loads(label_path(folder, frame, clip).read_text())


def edit(folder: Path, frame: int, change, clip: str = "clip0") -> None:
    """Let `change` alter the JSON object of a frame's label file."""
    values = read(folder, frame, clip)
    change(values)
    label_path(folder, frame, clip).write_text(json.dumps(values))


def move(folder: Path, frame: int, x: float, y: float, *, shape: int = 0) -> None:
    """Put a point elsewhere."""
    edit(folder, frame, lambda values: values["shapes"][shape].update(points=[[x, y]]))


def box_mask(x0: int, y0: int, x1: int, y1: int, size=(64, 48)) -> np.ndarray:
    mask = np.zeros((size[1], size[0]), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def add_mask(cohort: Cohort, mask: np.ndarray, frame: int = 1, *, target: str = "region", annotator: str = "lee"):
    """A person's region of clip0."""
    file = MaskFile.of(mask)
    row = MaskLabel(
        clip_id="clip0",
        frame=frame,
        target=target,
        path=file.path,
        digest=file.digest,
        area=file.area,
        annotator=annotator,
    )
    cohort.append(masks=[row], files={file.path: file.data})
    return row


def add_point(cohort: Cohort, frame: int, x: float, y: float, **more) -> PointLabel:
    """A point of clip0, by a person unless `more` says otherwise."""
    row = PointLabel(clip_id="clip0", frame=frame, x=x, y=y, **{"annotator": "lee", **more})
    run = Provenance("pseudolabel", '{"preset":"classical"}', "0")
    cohort.append(points=[row], provenance=[run] if row.state is not LabelState.HUMAN else [])
    return row


def tables(cohort: Cohort) -> dict[str, int]:
    """How many rows there are, superseded ones too."""
    return {name: len(cohort.table(name)) for name in ("points", "masks", "onsets")}
