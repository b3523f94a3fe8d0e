"""A cohort of two patients' clips without labels, and what people may say of it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.mask_store import MaskFile
from bleedkit.datasets.schema import Clip, Frame, ImageSize, MaskLabel, OnsetLabel, PointLabel
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction

SIZE = ImageSize(64, 48)  # its diagonal is 80
FPS = 10
FRAMES = 20


def point(name, x, y, *, frame=0, clip="a1", **rest):
    return PointLabel(clip_id=clip, frame=frame, x=x, y=y, annotator=name, **rest)


def hidden(name, *, frame=0, clip="a1", **rest):
    return PointLabel(clip_id=clip, frame=frame, visible=False, annotator=name, **rest)


def onset(name, frame, *, clip="a1", **rest):
    return OnsetLabel(clip_id=clip, frame=frame, annotator=name, **rest)


def square(x0, y0, side):
    """A mask of SIZE with a square set."""
    mask = np.zeros((SIZE.height, SIZE.width), bool)
    mask[y0 : y0 + side, x0 : x0 + side] = True
    return mask


class People:
    """What people say, into a cohort."""

    def __init__(self, cohort: Cohort) -> None:
        self.cohort = cohort

    def say(self, *labels) -> Cohort:
        """Append points and onsets."""
        points = [label for label in labels if isinstance(label, PointLabel)]
        self.cohort.append(points=points, onsets=[label for label in labels if isinstance(label, OnsetLabel)])
        return self.cohort

    def draw(self, name, mask, *, frame=0, clip="a1", **rest) -> MaskLabel:
        """Append a region."""
        file = MaskFile.of(mask)
        label = MaskLabel(
            clip_id=clip, frame=frame, path=file.path, digest=file.digest, area=file.area, annotator=name, **rest
        )
        self.cohort.append(masks=[label], files={file.path: file.data})
        return label


@pytest.fixture
def people(tmp_path: Path) -> People:
    """Clips a1 and a2 of patient a, b1 of patient b, 20 frames each at 10 fps."""
    ids = {"a1": "a", "a2": "a", "b1": "b"}
    frames = [_frame(tmp_path / "media", clip, frame) for clip in ids for frame in range(FRAMES)]
    rows = {
        "clips": [Clip(clip, patient, patient, FPS, SIZE, FRAMES) for clip, patient in ids.items()],
        "frames": frames,
        "points": [],
        "masks": [],
        "onsets": [],
        "review": [],
        "provenance": [],
    }
    out = tmp_path / "cohort"
    meta = CohortMeta("toy", "toy", "1", "none", "none", "1", "0", str(tmp_path / "media"))
    with locked(out), transaction(out) as staging:
        write_tables(staging, meta, {table: table_of(table, rows[table]) for table in rows})
    return People(Cohort(out))


def _frame(root: Path, clip: str, frame: int) -> Frame:
    relative = f"{clip}/{frame:06d}.png"
    (root / clip).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(root / relative), np.full((SIZE.height, SIZE.width, 3), 10 * frame, np.uint8))
    return Frame(clip, frame, relative, frame / FPS, file_digest(root / relative))
