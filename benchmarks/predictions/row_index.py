"""RowIndex: the clip and frame of every row, and what is known of the clips."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ...datasets.checks import check_array
from ...datasets.schema import Clip, ImageSize
from ..metrics.draws import Groups

CLIP_COLUMNS: Final[Mapping[str, pa.DataType]] = {
    "clip_id": pa.string(),
    "patient_id": pa.string(),
    "site": pa.string(),
    "scenarios": pa.list_(pa.string()),
    "fps": pa.float64(),
    "width": pa.int32(),
    "height": pa.int32(),
    "n_frames": pa.int32(),
    "frame": pa.int32(),
}
"""What every row of predictions.parquet says of its clip, so that the file can be scored on its own."""


@dataclass(frozen=True)
class ClipFacts:
    """What scores are broken down by. site: anatomical site or bleeding type, "" where unknown. size: stored frames."""

    clip_id: str
    patient_id: str
    site: str
    scenarios: tuple[str, ...]
    fps: float
    size: ImageSize
    n_frames: int

    @classmethod
    def of(cls, clip: Clip) -> "ClipFacts":
        """The facts of a cohort's clip."""
        return cls(clip.clip_id, clip.patient_id, clip.site, clip.scenarios, clip.fps, clip.size, clip.n_frames)

    def columns(self) -> dict[str, Any]:
        """CLIP_COLUMNS but `frame`, as one row's values."""
        values = {name: getattr(self, name) for name in ("clip_id", "patient_id", "site", "fps", "n_frames")}
        return {
            **values,
            "scenarios": list(self.scenarios),
            "width": self.size.width,
            "height": self.size.height,
        }


@dataclass(frozen=True, eq=False)
class RowIndex:
    """clip (N,) int64: index into `clips`, which is in order of clip_id; frame (N,) int64."""

    clips: tuple[ClipFacts, ...]
    clip: np.ndarray
    frame: np.ndarray

    def __post_init__(self) -> None:
        check_array("clip", self.clip, ("N",), np.int64)
        check_array("frame", self.frame, (len(self.clip),), np.int64)

    def __len__(self) -> int:
        return len(self.clip)

    @cached_property
    def patients(self) -> tuple[str, ...]:
        """Ids of the patients, sorted: what `groups.patient` indexes."""
        return tuple(sorted({clip.patient_id for clip in self.clips}))

    @cached_property
    def groups(self) -> Groups:
        """Whose each row is, for means by patient and for resampling."""
        place = {patient: i for i, patient in enumerate(self.patients)}
        return Groups(self.clip, np.array([place[clip.patient_id] for clip in self.clips], np.int64))

    @cached_property
    def size(self) -> np.ndarray:
        """Width and height of each row's frame, (N, 2) float64 pixels."""
        sizes = np.array([(clip.size.width, clip.size.height) for clip in self.clips], np.float64).reshape(-1, 2)
        return sizes[self.clip]


def row_index(table: pa.Table) -> RowIndex:
    """The index of a table with CLIP_COLUMNS. Raises ValueError where rows contradict each other about a clip."""
    names = [name for name in CLIP_COLUMNS if name != "frame"]
    ids, clip = np.unique(table["clip_id"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    first = np.unique(clip, return_index=True)[1]
    clips = tuple(_facts(row) for row in table.select(names).take(pa.array(first)).to_pylist())
    for name in ("patient_id", "site", "fps", "width", "height", "n_frames"):
        values = table[name].to_numpy(zero_copy_only=False)
        if len(values) and (values != values[first][clip]).any():
            wrong = ids[clip[np.flatnonzero(values != values[first][clip])[0]]]
            raise ValueError(f"rows of clip {wrong} contradict each other in {name}")
    return RowIndex(clips, clip.astype(np.int64), table["frame"].to_numpy().astype(np.int64))


def _facts(row: dict[str, Any]) -> ClipFacts:
    size = ImageSize(row.pop("width"), row.pop("height"))
    return ClipFacts(**{**row, "scenarios": tuple(row["scenarios"] or ()), "size": size})
