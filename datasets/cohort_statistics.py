"""Statistics of a cohort: what is in it, by whom it is labelled, and how unevenly."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from .clip_strata import ClipStrata, clip_strata, means_bleeding, shares
from .cohort import Cohort, most_trusted
from .tables import LABELS


@dataclass(frozen=True)
class Spread:
    """Smallest, middle and largest of n numbers; NaN where n is 0."""

    n: int
    smallest: float
    median: float
    largest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Spread of any numbers."""
        if not values:
            return cls(0, math.nan, math.nan, math.nan)
        return cls(len(values), float(min(values)), float(np.median(values)), float(max(values)))


@dataclass(frozen=True)
class LabelCount:
    """Current labels of one table, state and review; `visible` of them point at something (points only, else all)."""

    table: str
    state: str
    review: str
    labels: int
    visible: int


@dataclass(frozen=True)
class ClipStatistics:
    """One clip's row. frames: images (frame indices, where the cohort has no image at all). seconds: n_frames / fps.

    onset_s: seconds to the first bleeding frame, None where unknown.
    """

    clip_id: str
    patient_id: str
    frames: int
    labelled_frames: int
    seconds: float
    onset_s: float | None


@dataclass(frozen=True)
class CohortStatistics:
    """A cohort in numbers. frames: frame indices; images: those with a picture; labelled_frames: those with a label.

    bleeding_frames, judged_frames: frames known to bleed among those known to bleed or not; None where no label says
    anything of bleeding. by_site, by_scenario: frames by category (a clip of two scenarios counts half to each).
    labels_per_clip: labelled frames a clip. onset_s: over clips with an onset; clips_never_bleeding: looked through and
    never bleeds.
    """

    name: str
    source: str
    clips: int
    patients: int
    procedures: int
    frames: int
    images: int
    labelled_frames: int
    seconds: float
    fps: Mapping[str, int]
    sizes: Mapping[str, int]
    labels: Sequence[LabelCount]
    by_site: Mapping[str, float]
    by_scenario: Mapping[str, float]
    bleeding_frames: int | None
    judged_frames: int | None
    labels_per_clip: Spread
    frames_per_patient: Spread
    onset_s: Spread
    clips_never_bleeding: int
    per_clip: Sequence[ClipStatistics]

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able dict; NaN becomes None."""
        values: dict[str, Any] = _without_nan(asdict(self))
        return values


def cohort_statistics(cohort: Cohort) -> CohortStatistics:
    """Count everything, from the tables alone: no image or mask is opened. Superseded labels do not count."""
    clips = list(cohort.clips.values())
    strata = clip_strata(cohort)
    labelled = _labelled_frames(cohort)
    onsets = _onsets(cohort)
    per_clip = [
        ClipStatistics(
            clip.clip_id,
            clip.patient_id,
            row.frames,
            len(labelled[clip.clip_id]),
            clip.n_frames / clip.fps,
            onsets[clip.clip_id] / clip.fps if onsets.get(clip.clip_id, -1) >= 0 else None,
        )
        for clip, row in zip(clips, strata, strict=True)
    ]
    patients: Counter[str] = Counter()
    for row in per_clip:
        patients[row.patient_id] += row.frames
    known = _says_of_bleeding(cohort)
    return CohortStatistics(
        name=cohort.meta.name,
        source=cohort.meta.source,
        clips=len(clips),
        patients=len(patients),
        procedures=len({(clip.patient_id, clip.procedure_id) for clip in clips}),
        frames=sum(clip.n_frames for clip in clips),
        images=sum(cohort.table("frames", columns=["has_image"])["has_image"].to_pylist()),
        labelled_frames=sum(row.labelled_frames for row in per_clip),
        seconds=sum(row.seconds for row in per_clip),
        fps=dict(Counter(f"{clip.fps:g}" for clip in clips).most_common()),
        sizes=dict(Counter(str(clip.size) for clip in clips).most_common()),
        labels=_label_counts(cohort),
        by_site=_totals(strata, "site"),
        by_scenario=_totals(strata, "scenario"),
        bleeding_frames=sum(row.positive for row in strata) if known else None,
        judged_frames=sum(row.labelled for row in strata) if known else None,
        labels_per_clip=Spread.of([row.labelled_frames for row in per_clip]),
        frames_per_patient=Spread.of(list(patients.values())),
        onset_s=Spread.of([row.onset_s for row in per_clip if row.onset_s is not None]),
        clips_never_bleeding=sum(frame < 0 for frame in onsets.values()),
        per_clip=per_clip,
    )


def _totals(strata: Sequence[ClipStrata], stratum: str) -> dict[str, float]:
    return {name: float(frames.sum()) for name, frames in shares(strata, stratum).items()}


def _labelled_frames(cohort: Cohort) -> defaultdict[str, set[int]]:
    frames: defaultdict[str, set[int]] = defaultdict(set)
    for name in ("points", "masks"):
        table = cohort.label_table(name)
        for clip_id, frame in zip(table["clip_id"].to_pylist(), table["frame"].to_pylist(), strict=True):
            frames[clip_id].add(frame)
    return frames


def _onsets(cohort: Cohort) -> dict[str, int]:
    """Frame of the most trusted onset by clip, -1 for never."""
    by_clip = defaultdict(list)
    for label in cohort.onsets():
        by_clip[label.clip_id].append(label)
    best = {clip_id: most_trusted(labels) for clip_id, labels in by_clip.items()}
    return {clip_id: label.frame for clip_id, label in best.items() if label is not None}


def _label_counts(cohort: Cohort) -> list[LabelCount]:
    counts = []
    for name in LABELS:
        table = cohort.label_table(name)
        keys = list(zip(table["state"].to_pylist(), table["review"].to_pylist(), strict=True))
        shown = table["visible"].to_pylist() if name == "points" else [True] * len(keys)
        total = Counter(keys)
        visible = Counter(key for key, is_shown in zip(keys, shown, strict=True) if is_shown)
        counts += [LabelCount(name, *key, total[key], visible[key]) for key in sorted(total)]
    return counts


def _says_of_bleeding(cohort: Cohort) -> bool:
    targets = {target for n in ("points", "masks") for target in cohort.label_table(n)["target"].unique().to_pylist()}
    return any(map(means_bleeding, targets)) or len(cohort.label_table("onsets")) > 0


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
