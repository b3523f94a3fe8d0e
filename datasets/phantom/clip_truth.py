"""What is exactly true of a phantom clip, kept beside the cohort and out of its labels."""

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np

from ..checks import check_array
from ..errors import BleedkitError
from ..transaction import write_atomic
from .truth import Cover, PhantomFrame

FOLDER: Final = "truth"
INDEX: Final = "clips.json"
CAUSES: Final = tuple(cover.cause for cover in Cover)
"""Words for the codes in ClipTruth.cause: "", "blood", "instrument", "smoke", "out of view"."""


@dataclass(frozen=True, eq=False)
class ClipTruth:
    """Exact positions in a clip of T frames, S sources and N other tissue points; pixels of the clip, float32.

    xy (T, S, 2): sources, right whether seen or not, outside the picture or not. bleeding (T, S) bool: has begun to.
    visible (T, S) bool: nothing lies over the point. cause (T, S) uint8: index into CAUSES, why not.
    tracks (T, N, 2), track_visible (T, N) bool: tissue points of the first frame, followed through the clip.
    area (T, 4) int32: pixels of active, pooled and dried blood and of instruments. onset_frame: -1 for never.
    """

    xy: np.ndarray
    bleeding: np.ndarray
    visible: np.ndarray
    cause: np.ndarray
    tracks: np.ndarray
    track_visible: np.ndarray
    area: np.ndarray
    onset_frame: int

    def __post_init__(self) -> None:
        check_array("xy", self.xy, ("T", "S", 2), np.float32)
        frames, sources = self.xy.shape[:2]
        check_array("bleeding", self.bleeding, (frames, sources), np.bool_)
        check_array("visible", self.visible, (frames, sources), np.bool_)
        check_array("cause", self.cause, (frames, sources), np.uint8)
        check_array("tracks", self.tracks, (frames, "N", 2), np.float32)
        check_array("track_visible", self.track_visible, self.tracks.shape[:2], np.bool_)
        check_array("area", self.area, (frames, 4), np.int32)

    @property
    def shown(self) -> np.ndarray:
        """(T, S) bool: bleeds, and nothing but blood is over it, which wells up there: where people mark a source."""
        return self.bleeding & np.isin(self.cause, (Cover.NOTHING, Cover.BLOOD))

    @classmethod
    def of(cls, frames: Iterable[PhantomFrame], tracks: np.ndarray, onset_frame: int | None) -> "ClipTruth":
        """Gather a rendered clip's truth; one frame in memory at a time. tracks (T, N, 2): its tissue points."""
        sources, seen, areas = [], [], []
        for frame in frames:
            sources.append(frame.sources)
            seen.append([frame.cover_at(float(x), float(y)) is Cover.NOTHING for x, y in tracks[frame.frame]])
            masks = (frame.region, frame.pooled, frame.dried, frame.instrument)
            areas.append([np.count_nonzero(mask) for mask in masks])
        return cls(
            xy=np.array([[(s.x, s.y) for s in row] for row in sources], np.float32),
            bleeding=np.array([[s.bleeding for s in row] for row in sources], np.bool_),
            visible=np.array([[s.visible for s in row] for row in sources], np.bool_),
            cause=np.array([[CAUSES.index(s.cause) for s in row] for row in sources], np.uint8),
            tracks=tracks.astype(np.float32),
            track_visible=np.array(seen, np.bool_).reshape(tracks.shape[:2]),
            area=np.array(areas, np.int32),
            onset_frame=-1 if onset_frame is None else onset_frame,
        )

    def to_bytes(self) -> bytes:
        """The `.npz` file; the same truth always gives the same bytes."""
        stream = io.BytesIO()
        np.savez_compressed(stream, **{field.name: getattr(self, field.name) for field in fields(self)})
        return stream.getvalue()


def has_truth(cohort: Path) -> bool:
    """Whether a cohort's folder holds exact truth: a phantom's does."""
    return (cohort / FOLDER / INDEX).is_file()


def read_truth(cohort: Path, clip_id: str) -> ClipTruth:
    """The exact truth of one clip. Raises BleedkitError where the cohort has none of it."""
    index, remedy = cohort / FOLDER / INDEX, "make the cohort again with 'bleedkit data phantom'"
    try:
        ordinal = json.loads(index.read_text(encoding="utf-8"))[clip_id]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BleedkitError(f"{index} has no truth of clip {clip_id!r} ({type(error).__name__})", remedy) from error
    path = cohort / FOLDER / truth_name(int(ordinal))
    try:
        with np.load(path, allow_pickle=False) as values:
            arrays = {field.name: values[field.name] for field in fields(ClipTruth)}
        return ClipTruth(**{**arrays, "onset_frame": int(arrays["onset_frame"])})
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise BleedkitError(f"{path} is not a clip's truth ({error})", remedy) from error


def truth_name(ordinal: int) -> str:
    """File of the clip with that ordinal, below FOLDER."""
    return f"{ordinal:05d}.npz"


def write_index(cohort: Path, clip_ids: Sequence[str]) -> None:
    """Write which clip is which ordinal, in the order of the plan."""
    text = json.dumps({clip_id: ordinal for ordinal, clip_id in enumerate(clip_ids)}, indent=1)
    write_atomic(cohort / FOLDER / INDEX, (text + "\n").encode())
