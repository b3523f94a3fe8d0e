"""The split a source dataset came with: kept under its own name, audited like any other, never trusted."""

from typing import Final

from .cohort import Cohort
from .split import Split

OFFICIAL: Final = "official"


def official_split(cohort: Cohort) -> Split | None:
    """The source's own parts by clip, from `Clip.official_split`; None where no clip has one.

    Clips the source put nowhere are left out. The unit is the clip, as one patient's clips may lie in several parts.
    """
    parts = {clip.clip_id: clip.official_split for clip in cohort.clips.values() if clip.official_split}
    if not parts:
        return None
    without = len(cohort.clips) - len(parts)
    report = {"clips_without_part": without} if without else {}
    return Split(OFFICIAL, "official", cohort.digest, [parts], unit="clip", report=report)
