"""What splits are balanced by and audited on: frames and bleeding frames of every clip, its site and scenarios."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .cohort import Cohort, most_trusted
from .schema import Clip, Review

STRATA: Final = ("site", "scenario", "bleeding")
UNKNOWN: Final = "unknown"
_BLEEDING_TARGETS: Final = ("source", "region")


@dataclass(frozen=True)
class ClipStrata:
    """One clip in numbers. frames: images (frame indices, where the cohort has no image at all).

    positive: frames with a visible source, a region that is not empty, or at or after onset. labelled: frames somebody
    or something said anything of, positive or not.
    """

    clip: Clip
    frames: int
    positive: int
    labelled: int

    @property
    def site(self) -> str:
        """The clip's site, `unknown` where the source names none."""
        return self.clip.site or UNKNOWN

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The clip's scenarios, `unknown` where the source names none."""
        return self.clip.scenarios or (UNKNOWN,)


def means_bleeding(target: str) -> bool:
    """Whether a visible target says that it bleeds: a source or a region, numbered or not; no tissue point does."""
    return target.partition("-")[0] in _BLEEDING_TARGETS


def clip_strata(cohort: Cohort) -> list[ClipStrata]:
    """Every clip's numbers, in clip order, from the tables alone: no image or mask is opened."""
    counts = _image_counts(cohort)
    positive, seen = _labelled_frames(cohort)
    onset = _onsets(cohort)
    rows = []
    for clip in cohort.clips.values():
        frames = counts.get(clip.clip_id, 0) if counts else clip.n_frames
        yes, said = positive.get(clip.clip_id, set()), seen.get(clip.clip_id, set())
        if clip.clip_id in onset:
            first = onset[clip.clip_id]
            yes = yes | set(range(first, clip.n_frames)) if first >= 0 else yes
            said = set(range(clip.n_frames))
        rows.append(ClipStrata(clip, frames, min(len(yes), frames), len(said | yes)))
    return rows


def shares(rows: Sequence[ClipStrata], stratum: str) -> Mapping[str, np.ndarray]:
    """Category of `stratum` to frames of it, (len(rows),) float64. A clip of two scenarios counts half to each."""
    table: dict[str, np.ndarray] = {}
    for i, row in enumerate(rows):
        for name, frames in _categories(row, stratum).items():
            table.setdefault(name, np.zeros(len(rows)))[i] += frames
    return dict(sorted(table.items()))


def _categories(row: ClipStrata, stratum: str) -> dict[str, float]:
    if stratum == "site":
        return {row.site: row.frames}
    if stratum == "scenario":
        return {name: row.frames / len(row.scenarios) for name in row.scenarios}
    if stratum == "bleeding":
        return {"bleeding": row.positive, "not bleeding": row.frames - row.positive}
    raise ValueError(f"cannot stratify by {stratum!r}; choose from {', '.join(STRATA)}")


def _image_counts(cohort: Cohort) -> dict[str, int]:
    table = cohort.table("frames", columns=["clip_id", "has_image"])
    found = pc.value_counts(table.filter(table["has_image"])["clip_id"])
    return {row["values"]: row["counts"] for row in found.to_pylist()}


def _labelled_frames(cohort: Cohort) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """Frames by clip with a positive point or region, and with any."""
    positive: dict[str, set[int]] = {}
    seen: dict[str, set[int]] = {}
    for name in ("points", "masks"):
        for row in _kept(cohort, name):
            seen.setdefault(row["clip_id"], set()).add(row["frame"])
            there = row["visible"] if name == "points" else row["area"]
            if there and means_bleeding(row["target"]):
                positive.setdefault(row["clip_id"], set()).add(row["frame"])
    return positive, seen


def _onsets(cohort: Cohort) -> dict[str, int]:
    by_clip: dict[str, list[Any]] = {}
    for label in cohort.onsets():
        by_clip.setdefault(label.clip_id, []).append(label)
    best = {clip_id: most_trusted(labels) for clip_id, labels in by_clip.items()}
    return {clip_id: label.frame for clip_id, label in best.items() if label is not None}


def _kept(cohort: Cohort, name: str) -> list[dict[str, Any]]:
    table: pa.Table = cohort.label_table(name)
    table = table.filter(pc.not_equal(table["review"], Review.REJECTED.value))
    return table.select(["clip_id", "frame", "target", "visible" if name == "points" else "area"]).to_pylist()
