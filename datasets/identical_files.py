"""Files of equal bytes on both sides of a split, by the SHA-256 the build took of every image and video."""

from collections.abc import Mapping

from .cohort import Cohort
from .finding import Finding


def identical_files(cohort: Cohort, parts: Mapping[str, str]) -> list[Finding]:
    """One finding per group of clips in different parts that share files; parts: part by clip id."""
    places: dict[str, list[tuple[str, int]]] = {}
    for clip in cohort.clips.values():
        if clip.media_digest and clip.clip_id in parts:
            places.setdefault(clip.media_digest, []).append((clip.clip_id, 0))
    table = cohort.table("frames", columns=["clip_id", "frame", "digest"])
    for clip_id, frame, digest in zip(*(table[name].to_pylist() for name in table.column_names), strict=True):
        if digest and clip_id in parts:
            places.setdefault(digest, []).append((clip_id, frame))
    groups: dict[tuple[str, ...], list[dict[str, int]]] = {}
    for found in places.values():
        frames = dict(reversed(found))  # the first place of a clip wins
        if len({parts[clip_id] for clip_id in frames}) > 1:
            groups.setdefault(tuple(sorted(frames)), []).append(frames)
    return [_finding(cohort, parts, clips, files) for clips, files in sorted(groups.items())]


def _finding(cohort: Cohort, parts: Mapping[str, str], clips: tuple[str, ...], files: list[dict[str, int]]) -> Finding:
    used = tuple(dict.fromkeys(parts[clip_id] for clip_id in clips))
    patients = tuple(dict.fromkeys(cohort.clips[clip_id].patient_id for clip_id in clips))
    frames = tuple(files[0][clip_id] for clip_id in clips)
    told = ", ".join(f"{clip_id} ({parts[clip_id]})" for clip_id in clips)
    what = f"{len(files)} identical file{'s' * (len(files) > 1)} in {told}"
    return Finding("identical-files", True, what, used, patients, clips, frames, len(files), bits=0)
