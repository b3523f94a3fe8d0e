"""Frames that pictures are made of: the same ones for every model that was asked the same, chosen by truth alone."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import pyarrow as pa

from ...datasets.cohort import Cohort
from ...datasets.digest import value_digest
from ...datasets.errors import BleedkitError
from ...datasets.media import iter_images
from ...datasets.transaction import write_atomic
from ..predictions.mask_code import decode_mask
from ..predictions.schemas import Task

MOST_FRAMES: Final = 6  # single frames, each of a clip of its own where there are so many
MOST_STRIPS: Final = 3  # clips with a strip of frames
STRIP: Final = 5  # frames of a strip
ROUND_ONSET: Final = (-8, -2, 0, 2, 8)
WIDTH: Final = 480
_QUALITY: Final = 85


@dataclass(frozen=True)
class Sample:
    """One frame of a clip. Samples of one clip follow each other and make a strip."""

    clip_id: str
    frame: int

    @property
    def file(self) -> str:
        """Name of its picture: no clip's or patient's, which may not be fit for one."""
        return f"{value_digest([self.clip_id, self.frame])[:16]}.jpg"


def samples(task: Task, table: pa.Table) -> list[Sample]:
    """The frames to show of a table of predictions; the order of its rows and what a model said do not matter.

    Single frames where it bleeds, of as many patients and scenarios as can be; for an onset or a track strips of
    frames round it or along it.
    """
    return _CHOICES[task](table)


def write_samples(cohort: Cohort, chosen: Iterable[Sample], folder: Path) -> list[Path]:
    """Write the frames as JPEG, at most WIDTH pixels wide; the same frame always gives the same bytes.

    A frame without an image has no picture. Raises BleedkitError where an image cannot be read.
    """
    wanted: dict[str, set[int]] = {}
    for sample in chosen:
        wanted.setdefault(sample.clip_id, set()).add(sample.frame)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for clip_id, frames in wanted.items():
        for frame, rgb in iter_images(cohort, clip_id, frames):
            path = folder / Sample(clip_id, frame).file
            write_atomic(path, small_jpeg(rgb))
            written.append(path)
    return written


def _single(table: pa.Table) -> list[Sample]:
    """Frames that bleed; others only where none does."""
    rows = table.select(["clip_id", "patient_id", "scenarios", "frame"]).to_pylist()
    bleeding = [row for row, bleeds in zip(rows, _bleeds(table), strict=True) if bleeds]
    return [Sample(row["clip_id"], row["frame"]) for row in _different(bleeding or rows, MOST_FRAMES)]


def _round_onset(table: pa.Table) -> list[Sample]:
    """Clips that bleed, round their first frame that does; others, round their middle, only where none does."""
    found = []
    for row in _clips(table, lambda row: row["true_onset"] is not None):
        middle = row["true_onset"] if row["true_onset"] is not None else row["n_frames"] // 2
        frames = sorted({min(max(0, middle + off), row["n_frames"] - 1) for off in ROUND_ONSET})
        found += [Sample(row["clip_id"], frame) for frame in frames]
    return found


def _along(table: pa.Table) -> list[Sample]:
    """Clips from the first frame with a visible source to the last labelled one, evenly."""
    frames: dict[str, list[int]] = {}
    first: dict[str, int] = {}
    for row in sorted(table.select(["clip_id", "frame", "true_visible"]).to_pylist(), key=lambda row: row["frame"]):
        frames.setdefault(row["clip_id"], []).append(row["frame"])
        if row["true_visible"]:
            first.setdefault(row["clip_id"], row["frame"])
    found = []
    for clip in _clips(table, lambda row: row["clip_id"] in first):
        shown = [frame for frame in frames[clip["clip_id"]] if frame >= first.get(clip["clip_id"], 0)]
        places = np.unique(np.linspace(0, len(shown) - 1, STRIP).round().astype(int))
        found += [Sample(clip["clip_id"], shown[place]) for place in places]
    return found


_CHOICES: Final[Mapping[Task, Callable[[pa.Table], list[Sample]]]] = {
    "region-point": _single,
    "source": _single,
    "onset": _round_onset,
    "track": _along,
    "deploy": _along,
}


def _clips(table: pa.Table, worth: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """One row each of MOST_STRIPS clips; of those `worth` it, if any is."""
    names = {"clip_id", "patient_id", "scenarios", "n_frames", "true_onset"} & set(table.schema.names)
    rows = {row["clip_id"]: {**row, "frame": 0} for row in table.select(sorted(names)).to_pylist()}
    return _different([row for row in rows.values() if worth(row)] or list(rows.values()), MOST_STRIPS)


def _different(rows: Iterable[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Rows as different as can be: the next is of the patient, clip and scenarios shown least, by chance among equals.

    Chance is a digest of clip and frame, so that it falls alike for everybody.
    """
    left = sorted(rows, key=lambda row: value_digest(["sample", row["clip_id"], row["frame"]]))
    shown: Counter[tuple[str, Any]] = Counter()
    found: list[dict[str, Any]] = []
    while left and len(found) < most:
        best = min(left, key=lambda row: [shown[trait] for trait in _traits(row)])
        left.remove(best)
        shown.update(_traits(best))
        found.append(best)
    return found


def _bleeds(table: pa.Table) -> Sequence[bool]:
    """Rows whose source is visible or whose region is not empty."""
    visible = table["true_visible"].fill_null(False).to_pylist()
    if "true_mask" not in table.schema.names:
        return visible
    masks = table["true_mask"].to_pylist()
    known = {code: bool(decode_mask(code).any()) for code in set(masks) if code is not None}
    return [seen or known.get(code, False) for seen, code in zip(visible, masks, strict=True)]


def _traits(row: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [
        ("patient", row["patient_id"]),
        ("clip", row["clip_id"]),
        ("scenarios", tuple(sorted(row["scenarios"] or ()))),
    ]


def small_jpeg(rgb: np.ndarray) -> bytes:
    """A frame (H, W, 3) uint8 as JPEG, at most WIDTH pixels wide."""
    height, width = rgb.shape[:2]
    if width > WIDTH:
        rgb = cv2.resize(rgb, (WIDTH, max(1, round(height * WIDTH / width))), interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise BleedkitError(f"a frame of {width}x{height} cannot be a JPEG", "leave the clip out")
    return data.tobytes()
