"""One MongoDB a test process, and small cohorts with pictures, masks, points, onsets and things to review."""

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from bleedkit.annotate.mongo import find_mongod, running_mongod
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.mask_file import mask_png
from bleedkit.datasets.schema import (
    Clip,
    Frame,
    ImageSize,
    LabelState,
    MaskLabel,
    OnsetLabel,
    PointLabel,
    Provenance,
    ReviewItem,
)
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction

SIZE = ImageSize(64, 48)
RUN = Provenance("pseudolabel", '{"preset":"classical"}', "0")


@pytest.fixture(scope="session")
def mongod(tmp_path_factory):
    """URI of a real MongoDB that lives as long as the tests; FiftyOne is importable from here on."""
    try:
        find_mongod()
    except BleedkitError as error:
        pytest.skip(str(error))
    with running_mongod(tmp_path_factory.mktemp("mongo")) as uri:
        yield uri


@pytest.fixture
def name(mongod):
    """A FiftyOne dataset name nobody else uses; what has that name is deleted afterwards."""
    import fiftyone as fo

    name = f"test-{uuid.uuid4().hex[:12]}"
    yield name
    if fo.dataset_exists(name):
        fo.delete_dataset(name)


@dataclass(frozen=True)
class CohortMaker:
    """Writes cohorts below `folder`.

    Every clip: a human point `source` at (16, 12) in frame 0, a pseudo point at (32.5, 24.25) in frame 1, a hidden one
    in frame 2, a mask in frame 0, the onset at frame 1, and frame 3 to be reviewed.
    """

    folder: Path

    def __call__(self, clips: int = 2, frames: int = 4, name: str = "toy") -> Cohort:
        root, out = self.folder / f"{name} media", self.folder / name
        mask = np.zeros((SIZE.height, SIZE.width), bool)
        mask[10:20, 12:30] = True
        png = mask_png(mask)
        digest = hashlib.sha256(png).hexdigest()
        ids = [f"clip{i}" for i in range(clips)]
        rows = {
            "clips": [Clip(c, f"p{i % 2}", f"p{i % 2}", 2, SIZE, frames, site="liver") for i, c in enumerate(ids)],
            "frames": [write_image(root, c, f) for c in ids for f in range(frames)],
            "points": [
                point
                for c in ids
                for point in (
                    PointLabel(clip_id=c, frame=0, x=16, y=12, annotator="lee"),
                    PointLabel(
                        clip_id=c,
                        frame=1,
                        x=32.5,
                        y=24.25,
                        state=LabelState.PSEUDO,
                        provenance=RUN.id,
                        confidence=0.75,
                        var_x=9,
                        var_y=9,
                        cov_xy=0,
                    ),
                    PointLabel(clip_id=c, frame=2, visible=False),
                )
            ],
            "masks": [MaskLabel(clip_id=c, frame=0, path="masks/a.png", digest=digest, area=1) for c in ids],
            "onsets": [OnsetLabel(clip_id=c, frame=1) for c in ids],
            "review": [ReviewItem(c, 3, "source", "lost", RUN.id, 40, 30) for c in ids],
            "provenance": [RUN],
        }
        meta = CohortMeta(name, "toy", "1", "none", "none", "1", "0", str(root))
        with locked(out), transaction(out) as staging:
            (staging / "masks").mkdir()
            (staging / "masks" / "a.png").write_bytes(png)
            write_tables(staging, meta, {table: table_of(table, rows[table]) for table in rows})
        return Cohort(out)


def write_image(root: Path, clip_id: str, frame: int) -> Frame:
    relative = f"{clip_id}/{frame:06d}.png"
    (root / clip_id).mkdir(parents=True, exist_ok=True)
    picture = np.full((SIZE.height, SIZE.width, 3), 40 * (frame % 6), np.uint8)
    cv2.imwrite(str(root / relative), picture)
    return Frame(clip_id, frame, relative, frame / 2, file_digest(root / relative))


@pytest.fixture
def make_cohort(tmp_path):
    return CohortMaker(tmp_path)


@pytest.fixture
def cohort(make_cohort):
    return make_cohort()
