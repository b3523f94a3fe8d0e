"""Clips and frames as names of files that any system can hold, and back."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,79}")
_FRAME: Final = re.compile(r"(.+)[_/]([0-9]{6,9})")


def clip_names(clip_ids: Iterable[str]) -> dict[str, str]:
    """A file name for every clip, no two alike whatever the case.

    `/` becomes `__`; an id that is no plain file name even so, or would share one, gets what is plain in it and eight
    digits of its SHA-256.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for clip_id in sorted(clip_ids):
        name = clip_id.replace("/", "__")
        if not _PLAIN.fullmatch(name) or name.endswith((".", " ")) or name.lower() in taken:
            digest = hashlib.sha256(clip_id.encode()).hexdigest()[:8]
            name = f"{re.sub('[^A-Za-z0-9_-]+', '-', name)[:60]}-{digest}"
        taken.add(name.lower())
        names[clip_id] = name
    return names


def frame_name(clip_name: str, frame: int) -> str:
    """A case of its own: `<clip>_<frame, 6 digits>`, as nnU-Net's split names it."""
    return f"{clip_name}_{frame:06d}"


def frame_of_name(name: str, clips: Mapping[str, str]) -> tuple[str, int] | None:
    """(clip_id, frame) of `<clip>_<frame>` or `<clip>/<frame>` without ending; None for any other name.

    clips: clip ids by file name.
    """
    match = _FRAME.fullmatch(name)
    return (clips[match[1]], int(match[2])) if match and match[1] in clips else None
