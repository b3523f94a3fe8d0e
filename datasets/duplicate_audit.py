"""Near-duplicates across parts: candidates from the hashes, each confirmed or refused by a look at its two images."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from .cohort import Cohort
from .duplicate_check import SAME, detail_correlation
from .errors import BleedkitError
from .finding import Finding
from .hash_calibration import Calibration, calibrate
from .hash_index import HashIndex
from .near_duplicates import Candidate, comparisons, find_candidates
from .progress import track
from .schema import Clip

# Clip pairs to look at, closest first: with 2,000 the images of 485 short videos are decoded about once.
_LOOKS: Final = 2000
NEAR: Final = "near-duplicate"
POSSIBLE: Final = "possible-near-duplicate"
_LOOK_HEIGHT: Final = 288

# Yields (frame, RGB uint8 (H, W, 3)) of the wanted frames of a clip, as `media.iter_images` does.
Images = Callable[[str, Sequence[int]], Iterator[tuple[int, np.ndarray]]]


@dataclass(frozen=True)
class DuplicateReport:
    """Findings, the calibration of the threshold (None where nothing could be compared), and what was cut short."""

    findings: Sequence[Finding] = ()
    calibration: Calibration | None = None
    notes: Sequence[str] = field(default_factory=list)


def find_duplicates(
    index: HashIndex,
    parts: Mapping[str, str],
    images: Images | None,
    *,
    threshold: int | None = None,
    looks: int = _LOOKS,
) -> DuplicateReport:
    """Near-duplicate clips in different parts. parts: part by clip id; images: None trusts the hashes alone.
    looks: how many clip pairs to look at, closest first.

    A candidate whose images cannot be had, or beyond the number looked at, is a leak only where its distance is so
    small that chance is ruled out (`Calibration.sure`); otherwise it is told as `possible-near-duplicate`.
    """
    names = sorted(set(parts.values()))
    part = np.array([names.index(parts[clip_id]) if clip_id in parts else -1 for clip_id in index.clips])
    number, stride = comparisons(index, part)
    measured = calibrate(index, number, threshold)
    found = find_candidates(index, part, measured.threshold)
    details = [] if images is None else _looked_at(found[:looks], images)
    details += [None] * (len(found) - len(details))
    told = [
        _finding(candidate, detail, index.clips, parts, detail is not None or candidate.bits <= measured.sure)
        for candidate, detail in zip(found, details, strict=True)
        if detail is None or detail >= SAME
    ]
    return DuplicateReport(told, measured, _notes(found, details, measured, stride))


def media_images(cohort: Cohort) -> Images:
    """A cohort's own images; a clip whose media are missing or broken yields none."""
    from .media import iter_images

    def images(clip_id: str, frames: Sequence[int]) -> Iterator[tuple[int, np.ndarray]]:
        try:
            yield from iter_images(cohort, clip_id, frames)
        except BleedkitError:
            return

    return images


def _looked_at(found: Sequence[Candidate], images: Images) -> list[float | None]:
    """Detail correlation per candidate, None where an image could not be had; each clip is read once."""
    wanted: dict[str, set[int]] = {}
    for c in found:
        wanted.setdefault(c.first, set()).add(c.first_frame)
        wanted.setdefault(c.second, set()).add(c.second_frame)
    small = {
        (clip_id, frame): _small(rgb)
        for clip_id, frames in track(sorted(wanted.items()), "Reading images of candidates")
        for frame, rgb in images(clip_id, sorted(frames))
    }
    details: list[float | None] = []
    for c in track(found, "Looking at candidates"):
        one, other = small.get((c.first, c.first_frame)), small.get((c.second, c.second_frame))
        details.append(None if one is None or other is None else detail_correlation(one, other, c))
    return details


def _small(rgb: np.ndarray) -> np.ndarray:
    """The image reduced so that thousands fit into memory, with all the detail the comparison uses."""
    scale = _LOOK_HEIGHT / min(rgb.shape[:2])
    return cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else rgb.copy()


def _finding(
    c: Candidate, detail: float | None, clips: Mapping[str, Clip], parts: Mapping[str, str], certain: bool
) -> Finding:
    used = (parts[c.first], parts[c.second])
    patients = tuple(dict.fromkeys((clips[c.first].patient_id, clips[c.second].patient_id)))
    how = [word for word, true in (("mirrored", c.mirrored), ("cropped", c.cropped)) if true]
    seen = "not looked at" if detail is None else f"detail correlates at {detail:.2f}"
    what = (
        f"{c.first} frame {c.first_frame} ({used[0]}) and {c.second} frame {c.second_frame} ({used[1]}) are "
        f"{'' if certain else 'perhaps '}near-duplicates{', ' * bool(how)}{' and '.join(how)}: "
        f"{c.bits} of 64 bits differ, {seen}"
    )
    return Finding(
        NEAR if certain else POSSIBLE, certain, what, used, patients, (c.first, c.second),
        (c.first_frame, c.second_frame), c.frame_pairs, c.bits, detail, c.mirrored, c.cropped,
    )  # fmt: skip


def _notes(
    found: Sequence[Candidate], details: Sequence[float | None], measured: Calibration, stride: int
) -> list[str]:
    refused = sum(detail is not None and not detail >= SAME for detail in details)
    unseen = sum(detail is None for detail in details)
    notes = [f"{len(found)} clip pairs within {measured.threshold} bits; a look at the images refused {refused}"]
    if unseen:
        notes.append(
            f"{unseen} clip pairs were not looked at; those beyond {measured.sure} bits are possible leaks only"
        )
    if stride > 1:
        notes.append(f"crops were searched in every {stride}th frame")
    return notes
