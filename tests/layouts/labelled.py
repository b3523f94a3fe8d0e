"""Small cohorts with any labels one asks for, and what they say, to compare after a round trip."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.mask_store import MaskFile
from bleedkit.datasets.schema import (
    Clip,
    Frame,
    ImageSize,
    LabelState,
    MaskLabel,
    OnsetLabel,
    PointLabel,
    Provenance,
    Review,
)
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction

SIZE = ImageSize(24, 18)
CLIPS = ("a", "op1/b")
FRAMES = 4
RUN = Provenance("pseudolabel", '{"preset":"classical"}', "0")


def write_cohort(folder: Path, labels: Iterable[tuple[PointLabel | OnsetLabel | MaskLabel, bytes]] = ()) -> Cohort:
    """Two clips of two patients, four frames of 24x18 each as PNG files, and the labels with their masks' bytes."""
    root = folder.with_name(f"{folder.name} media")
    rows: dict[type, list] = {PointLabel: [], MaskLabel: [], OnsetLabel: []}
    files: dict[str, bytes] = {}
    for label, data in labels:
        rows[type(label)].append(label)
        if data:
            files[label.path] = data
    tables = {
        "clips": [Clip(c, f"p{i}", f"p{i}", 2.0, SIZE, FRAMES, site="liver") for i, c in enumerate(CLIPS)],
        "frames": [_frame(root, clip, number) for clip in CLIPS for number in range(FRAMES)],
        "points": rows[PointLabel],
        "masks": rows[MaskLabel],
        "onsets": rows[OnsetLabel],
        "provenance": [RUN],
    }
    meta = CohortMeta("toy", "toy", "1", "CC BY 4.0", "Doe 2024", "1", "0", str(root))
    with locked(folder), transaction(folder) as staging:
        for path, data in files.items():
            (staging / path).parent.mkdir(parents=True, exist_ok=True)
            (staging / path).write_bytes(data)
        write_tables(staging, meta, {name: table_of(name, table) for name, table in tables.items()})
    return Cohort(folder)


def _frame(root: Path, clip_id: str, number: int) -> Frame:
    relative = f"{clip_id}/{number:06d}.png"
    path = root / relative
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((SIZE.height, SIZE.width, 3), 40 * number, np.uint8))
    return Frame(clip_id, number, relative, number / 2, file_digest(path))


def rings() -> np.ndarray:
    """(18, 24) bool: four parts, two of them with a hole, one a single pixel, one at the image's border."""
    mask = np.zeros((SIZE.height, SIZE.width), np.bool_)
    mask[1:6, 1:7] = True
    mask[3, 3:5] = False
    mask[8:16, 10:20] = True
    mask[10:13, 12:15] = False
    mask[8, 2] = True
    mask[16:, 22:] = True
    return mask


def mask_label(mask: np.ndarray, **fields) -> tuple[MaskLabel, bytes]:
    """A region's row and PNG."""
    file = MaskFile.of(mask)
    row = MaskLabel(path=file.path, digest=file.digest, area=file.area, **fields)
    return row, file.data


def said(cohort: Cohort, leave_out: Sequence[str] = ()) -> list[tuple]:
    """Everything the current labels say but for provenance and ids, sorted; numbers to nine digits after the point."""
    found = []
    for row in (*cohort.points(), *cohort.masks(), *cohort.onsets()):
        names = [n for n in row.__dataclass_fields__ if n not in ("provenance", "supersedes", "path", *leave_out)]
        values = [getattr(row, name) for name in names]
        found.append((type(row).__name__, *(_plain(value) for value in values)))
    return sorted(found, key=repr)


def _plain(value: object) -> object:
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else round(value, 9)
    return value


_TARGETS = st.sampled_from(["source", "source2", "tissue <&> \"é'"])
_STATES = st.sampled_from(list(LabelState))
_UNIT = st.floats(0, 1) | st.just(math.nan)


@st.composite
def _point(draw) -> tuple[PointLabel, bytes]:
    visible = draw(st.booleans())
    located = visible or draw(st.booleans())
    x = draw(st.floats(0, SIZE.width, exclude_max=True)) if located else math.nan
    y = draw(st.floats(0, SIZE.height, exclude_max=True)) if located else math.nan
    spread = draw(st.floats(0.1, 100) | st.just(math.nan))
    row = PointLabel(**draw(_common()), x=x, y=y, visible=visible, var_x=spread, var_y=spread, cov_xy=spread / 2)
    return row, b""


@st.composite
def _common(draw) -> dict:
    state = draw(_STATES)
    return {
        "clip_id": draw(st.sampled_from(CLIPS)),
        "frame": draw(st.integers(0, FRAMES - 1)),
        "target": draw(_TARGETS),
        "state": state,
        "review": draw(st.sampled_from([review for review in Review if review is not Review.REJECTED])),
        "annotator": draw(st.sampled_from(["lee", "kim; \"ö' <b>"])),
        "confidence": draw(_UNIT),
        "provenance": "" if state is LabelState.HUMAN else RUN.id,
    }


@st.composite
def _mask(draw) -> tuple[MaskLabel, bytes]:
    mask = draw(arrays(np.bool_, (SIZE.height, SIZE.width)) | st.sampled_from([rings(), ~rings(), rings()[::-1]]))
    return mask_label(np.ascontiguousarray(mask), **draw(_common()))


@st.composite
def _onset(draw) -> tuple[OnsetLabel, bytes]:
    return OnsetLabel(**{**draw(_common()), "target": "onset", "frame": draw(st.integers(-1, FRAMES - 1))}), b""


def any_labels():
    """A strategy of lists of (label, mask's bytes): every state, review and visibility, masks of parts and holes."""
    return st.lists(_point() | _mask() | _onset(), max_size=8, unique_by=lambda pair: pair[0].label_id)


def one_per_target(labels):
    """The first label of every kind, clip, frame and target: what formats without annotators can tell apart."""
    first = {}
    for row, data in labels:
        first.setdefault((type(row), row.clip_id, row.frame, row.target), (row, data))
    return list(first.values())
