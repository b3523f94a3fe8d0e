"""Audit of a split: patients in two parts, copies across parts, label shift, and how much data there really is."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from .clip_strata import ClipStrata, clip_strata
from .cohort import Cohort
from .duplicate_audit import DuplicateReport, find_duplicates, media_images
from .effective_size import effective_clusters, effective_frames, intraclass_correlation
from .errors import BleedkitError
from .finding import Finding
from .hash_index import load_hashes
from .identical_files import identical_files
from .label_shift import LabelShift, label_shifts
from .split import PARTS, Split

_NOTABLE_P: Final = 0.01


@dataclass(frozen=True)
class PartSize:
    """What one part holds. frames: images; positive: bleeding ones; labelled: frames anything was said of.

    effective_patients: equal patients that would weigh as evenly (Kish). correlation: intraclass correlation of the
    bleeding label by patient. effective_frames: independent labelled frames they are worth; NaN where nothing varies.
    """

    part: str
    patients: int
    clips: int
    frames: int
    positive: int
    labelled: int
    effective_patients: float
    correlation: float
    effective_frames: float


@dataclass(frozen=True)
class Audit:
    """Everything found about one fold of a split. calibration: how the hash threshold was chosen, in words.

    notes: what could not be checked, and how the search was cut short where it was.
    """

    cohort: str
    split: str
    method: str
    fold: int
    sizes: Sequence[PartSize]
    findings: Sequence[Finding]
    shifts: Sequence[LabelShift]
    calibration: str
    notes: Sequence[str] = field(default_factory=list)

    @property
    def leaks(self) -> list[Finding]:
        """Findings that let a model meet held-out patients while it trains; label shift is none."""
        return [finding for finding in self.findings if finding.leak]

    def to_json(self) -> dict[str, Any]:
        """A JSON-able value; NaN becomes null."""
        return _plain({**asdict(self), "leaks": len(self.leaks)})


def audit_split(
    cohort: Cohort, split: Split, fold: int = 0, *, threshold: int | None = None, look: bool = True
) -> Audit:
    """Audit one fold of a split of the cohort, from its tables; images are opened only to confirm near-duplicates.

    threshold: bits of 64 within which two frames are candidates; None calibrates it on the cohort. look: False trusts
    the hashes alone. Raises BleedkitError for a fold the split does not have.
    """
    if not 0 <= fold < len(split.folds):
        raise BleedkitError(f"split {split.name} has folds 0 to {len(split.folds) - 1}, not {fold}", "choose another")
    every = clip_strata(cohort)
    parts = parts_of(every, split, fold)
    rows = [row for row in every if row.clip.clip_id in parts]
    near = _near_duplicates(cohort, parts, threshold, look)
    shifts = label_shifts(rows, _units(rows, split), [parts[row.clip.clip_id] for row in rows])
    findings = [
        *_empty_parts(split, parts),
        *shared_patients(rows, parts),
        *identical_files(cohort, parts),
        *near.findings,
        *(_shift_finding(shift) for shift in shifts if shift.p_value <= _NOTABLE_P),
    ]
    sizes = [_size(part, [row for row in rows if parts[row.clip.clip_id] == part]) for part in in_order(parts.values())]
    left_out = len(every) - len(rows)
    notes = [f"{left_out} clips are in no part and were not audited"] * bool(left_out)
    calibration = str(near.calibration) if near.calibration else ""
    return Audit(
        cohort.meta.name, split.name, split.method, fold, sizes, findings, shifts, calibration, [*notes, *near.notes]
    )


def parts_of(rows: Sequence[ClipStrata], split: Split, fold: int) -> dict[str, str]:
    """Part by clip id; clips that an official split left out are not in it."""
    known = split.folds[fold]
    return {row.clip.clip_id: known[unit] for row, unit in zip(rows, _units(rows, split), strict=True) if unit in known}


def shared_patients(rows: Sequence[ClipStrata], parts: Mapping[str, str]) -> list[Finding]:
    """One finding per patient whose clips lie in more than one part, by name, with its clips."""
    by_patient: dict[str, list[str]] = {}
    for row in rows:
        by_patient.setdefault(row.clip.patient_id, []).append(row.clip.clip_id)
    found = []
    for patient, clips in sorted(by_patient.items()):
        used = in_order(parts[clip_id] for clip_id in clips)
        if len(used) > 1:
            told = ", ".join(f"{sum(parts[clip_id] == part for clip_id in clips)} in {part}" for part in used)
            what = f"patient {patient} is in {' and '.join(used)} ({len(clips)} clips: {told})"
            found.append(Finding("patient-in-two-parts", True, what, used, (patient,), tuple(clips), count=len(clips)))
    return found


def in_order(parts: Iterable[str]) -> tuple[str, ...]:
    """The parts named, once each: train, val, test, then others by name."""
    return tuple(sorted(set(parts), key=lambda part: (PARTS.index(part) if part in PARTS else len(PARTS), part)))


def _units(rows: Sequence[ClipStrata], split: Split) -> list[str]:
    return [row.clip.patient_id if split.unit == "patient" else row.clip.clip_id for row in rows]


def _near_duplicates(cohort: Cohort, parts: Mapping[str, str], threshold: int | None, look: bool) -> DuplicateReport:
    try:
        index = load_hashes(cohort)
    except BleedkitError as error:
        return DuplicateReport(notes=[f"near-duplicates were not searched: {error}"])
    images = media_images(cohort) if look else None
    return find_duplicates(index, parts, images, threshold=threshold)


def _empty_parts(split: Split, parts: Mapping[str, str]) -> list[Finding]:
    wanted = [part for part, share in zip(PARTS, split.ratio, strict=False) if share > 0]
    return [
        Finding("empty-part", False, f"part {part} was asked for and holds no clip", (part,))
        for part in wanted
        if part not in parts.values()
    ]


def _shift_finding(shift: LabelShift) -> Finding:
    what = (
        f"{shift.stratum} differs between {shift.parts[0]} and {shift.parts[1]} by {shift.distance:.0%} of the frames, "
        f"more than chance (p = {shift.p_value:.3f})"
    )
    return Finding("label-shift", False, what, shift.parts)


def _size(part: str, rows: Sequence[ClipStrata]) -> PartSize:
    patients = sorted({row.clip.patient_id for row in rows})
    frames, positive, labelled = (
        [sum(getattr(row, what) for row in rows if row.clip.patient_id == patient) for patient in patients]
        for what in ("frames", "positive", "labelled")
    )
    correlation = intraclass_correlation(positive, labelled)
    return PartSize(
        part, len(patients), len(rows), sum(frames), sum(positive), sum(labelled),
        effective_clusters(frames), correlation, effective_frames(labelled, correlation),
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
