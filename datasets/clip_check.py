"""What a build checks of a clip's rows, whatever their source: numbers, order, duplicates, gaps, places in the image.

Each function returns the rows to keep and adds every finding to `problems`; nothing is repaired.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import TypeVar

from .problems import Problems
from .schema import Clip, Frame, OnsetLabel, PointLabel

Label = TypeVar("Label", PointLabel, OnsetLabel)
_ONCE = "keep one of them"


def frame_file(clip: Clip, frame: Frame | None) -> str:
    """How a problem names a frame's file: the image, else the video, else the clip."""
    return (frame.path if frame else "") or clip.media or clip.clip_id


def kept_frames(clip: Clip, frames: Iterable[Frame], problems: Problems) -> list[Frame]:
    """The frames in order, each number once and within the clip; a gap in a clip of consecutive images is a warning."""
    kept: dict[int, Frame] = {}
    for frame in frames:
        file = frame_file(clip, frame)
        if not 0 <= frame.frame < clip.n_frames:
            what = f"number is outside the clip's 0..{clip.n_frames - 1}; left out"
            problems.error("frame-range", file, what, "check the frame numbers", frame.frame)
        elif frame.frame in kept:
            what = f"{frame_file(clip, kept[frame.frame])} is the same frame; left out"
            problems.error("duplicate-frame", file, what, _ONCE, frame.frame)
        else:
            kept[frame.frame] = frame
    ordered = [kept[number] for number in sorted(kept)]
    if not clip.media:
        _warn_gaps(clip, [frame.frame for frame in ordered if frame.has_image], problems)
    return ordered


def _warn_gaps(clip: Clip, numbers: Sequence[int], problems: Problems) -> None:
    """A source that keeps every 30th frame only has no gaps: only where most images are consecutive is one missed."""
    steps = [after - before for before, after in pairwise(numbers)]
    if not steps or median(steps) != 1:
        return
    for before, step in zip(numbers, steps, strict=False):
        if step > 1:
            lost = f"frame {before + 1} is" if step == 2 else f"frames {before + 1} to {before + step - 1} are"
            what = f"{lost} missing between consecutive frames"
            problems.warning("frame-gap", clip.clip_id, what, "put the files back if you have them", before + 1)


def warn_repeats(clip: Clip, frames: Sequence[Frame], problems: Problems) -> None:
    """Warn where an image file is byte for byte the one before it."""
    images = [frame for frame in frames if frame.digest]
    for before, frame in pairwise(images):
        if before.digest == frame.digest:
            what = f"same bytes as frame {before.frame} ({before.path})"
            problems.warning("repeated-image", frame_file(clip, frame), what, "check the export", frame.frame)


def kept_points(
    clip: Clip, points: Iterable[PointLabel], frames: Mapping[int, Frame], problems: Problems
) -> list[PointLabel]:
    """Points on frames of the clip that lie in the image; one for a frame without image stays, with a warning."""
    kept = []
    for point in points:
        file, number = frame_file(clip, frames.get(point.frame)), point.frame
        at = f"{point.target} at ({point.x:g}, {point.y:g})" if point.visible else f"{point.target}, not visible,"
        if number not in frames:
            what = f"{at} is on no frame of the clip; left out"
            problems.error("label-without-frame", file, what, "check frame number and image", number)
        elif math.isinf(point.x) or math.isinf(point.y):
            problems.error("point-not-finite", file, f"{at} is infinite; left out", "label it again", number)
        elif point.visible and not clip.size.holds(point.x, point.y):
            what = f"{at} lies outside the {clip.size} image; left out"
            problems.error("point-outside", file, what, "label it again, or as not visible", number)
        else:
            kept.append(point)
            if not frames[number].has_image:
                what = f"{at} is on a frame without image"
                problems.warning("point-without-image", file, what, "restore the image", number)
    return _once(clip, kept, problems)


def kept_onsets(clip: Clip, onsets: Iterable[OnsetLabel], problems: Problems) -> list[OnsetLabel]:
    """Onsets within the clip."""
    kept = []
    for onset in onsets:
        if onset.frame < clip.n_frames:
            kept.append(onset)
        else:
            what = f"onset is outside the clip's 0..{clip.n_frames - 1}; left out"
            problems.error("label-without-frame", frame_file(clip, None), what, "check the frame number", onset.frame)
    return _once(clip, kept, problems)


def _once(clip: Clip, labels: Iterable[Label], problems: Problems) -> list[Label]:
    """The labels, each frame, target and annotator once; an onset has one a clip."""
    kept: dict[tuple[object, ...], Label] = {}
    for label in labels:
        key = (label.target, label.annotator, None if isinstance(label, OnsetLabel) else label.frame)
        if key in kept:
            what = f"{label.target} is labelled twice; left out"
            problems.error("duplicate-label", frame_file(clip, None), what, _ONCE, label.frame)
        else:
            kept[key] = label
    return list(kept.values())


def warn_unknown_names(patients: Collection[str], known: Collection[str], problems: Problems) -> None:
    """Warn of names in a `--patients` map that are no clip, folder or file of the source: a typo hides a patient."""
    for name in sorted(set(patients) - set(known)):
        what = "is in the patient map, but no clip that was read is called so"
        problems.warning("unknown-name", name, what, "check its spelling")


def warn_official_leaks(clips: Iterable[Clip], source: str, problems: Problems) -> None:
    """Warn where the source's own split puts one patient's clips into several parts."""
    parts: dict[str, set[str]] = {}
    for clip in clips:
        if clip.official_split:
            parts.setdefault(clip.patient_id, set()).add(clip.official_split)
    leaking = sorted(patient for patient, found in parts.items() if len(found) > 1)
    if leaking:
        what = (
            f"{len(leaking)} of {len(parts)} patients are in several parts of the official split: {', '.join(leaking)}"
        )
        problems.warning("official-split", source, what, "split by patient with 'bleedkit split build'")


def warn_counts(expected: Mapping[str, int], found: Callable[[str], int], source: str, problems: Problems) -> None:
    """Warn where the cohort's counts are not those its papers state."""
    for name, wanted in expected.items():
        got = found(name)
        if got != wanted:
            what = f"the papers state {wanted} {name}, here are {got}"
            problems.warning("count", source, what, "fine for a part of the dataset; else look for what is missing")
