"""Clips that kim and lee labelled, every consensus of which can be worked out in one's head."""

from pathlib import Path

import numpy as np

from bleedkit.annotate.consensus.agreement import consensus_of
from bleedkit.annotate.consensus.consensus_rows import write_consensus
from bleedkit.annotate.consensus.terms import Terms
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.digest import file_digest
from bleedkit.datasets.mask_store import MaskFile
from bleedkit.datasets.schema import Clip, Frame, ImageSize, MaskLabel, OnsetLabel, PointLabel
from bleedkit.datasets.split import save_split
from bleedkit.datasets.split_build import build_split
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction

from .pictures import clip_frames, save

SIZE = ImageSize(64, 48)
FRAMES = 8
CLIPS = ("c1", "c2", "c3", "c4")
TERMS = Terms(within_px=10 * 1240 / 64)  # 10 px of these pictures

POINTS = {
    "kim": {0: (10, 10), 1: (20, 20), 2: (10, 10), 3: None, 4: (30, 30)},
    "lee": {0: (14, 12), 2: (50, 40), 3: None, 4: (32, 30)},
}
"""By person and frame; None: looked for and not seen."""
REGIONS = {"kim": {0: (10, 10, 6), 1: (20, 20, 4), 2: (2, 2, 5)}, "lee": {0: (12, 10, 6), 2: (40, 30, 5)}}
"""Corner and side of squares."""
ONSETS = {"kim": 0, "lee": 2}

MAJORITY = {0: (12, 11), 1: (20, 20), 3: None, 4: (31, 30)}
"""Frame 0: ((10 + 14) / 2, (10 + 12) / 2); 1: kim's alone; 2: 50 px apart, so nothing; 4: (30 + 32) / 2."""
MAJORITY_REGIONS = {0: (12, 10, 4, 6), 1: (20, 20, 4, 4)}
"""Corner, width and height of what both drew; in frame 2 that is nothing."""
MAJORITY_ONSET = 1


def write_two_annotators(folder: Path, *, rule: str = "") -> Cohort:
    """Four clips of four patients, 8 frames of 64x48 each, all labelled alike; split `main` has two in each part.

    rule: the consensus that is written as well, "" for none.
    """
    root = folder.with_name(f"{folder.name} media")
    labels = [label for clip in CLIPS for label in _labels(clip)]
    tables = {
        "clips": [Clip(clip, f"p{clip}", f"p{clip}", 10.0, SIZE, FRAMES) for clip in CLIPS],
        "frames": [frame for number, clip in enumerate(CLIPS) for frame in _frames(root, clip, number)],
        "points": [label for label in labels if isinstance(label, PointLabel)],
        "onsets": [label for label in labels if isinstance(label, OnsetLabel)],
        "masks": [],
        "review": [],
        "provenance": [],
    }
    meta = CohortMeta("two", "two", "1", "none", "none", "1", "0", str(root))
    with locked(folder), transaction(folder) as staging:
        write_tables(staging, meta, {name: table_of(name, rows) for name, rows in tables.items()})
    cohort = Cohort(folder)
    drawn = [
        _drawn(name, box(x, y, side, side), clip=clip, frame=frame)
        for clip in CLIPS
        for name, frames in REGIONS.items()
        for frame, (x, y, side) in frames.items()
    ]
    cohort.append(masks=[label for label, _ in drawn], files={label.path: data for label, data in drawn})
    save_split(cohort, build_split(cohort, name="main", ratio=(1, 0, 1)))
    if rule:
        write_rule(cohort, rule)
    return cohort


def write_rule(cohort: Cohort, rule: str, terms: Terms = TERMS) -> None:
    """What `bleedkit annotate agree --rule RULE --write` leaves."""
    write_consensus(cohort, consensus_of(cohort, rule, terms))


def draw(cohort: Cohort, name: str, mask: np.ndarray, **rest) -> None:
    """Append somebody's region. rest: clip, frame, and what else its label says."""
    label, data = _drawn(name, mask, **rest)
    cohort.append(masks=[label], files={label.path: data})


def _drawn(name: str, mask: np.ndarray, *, clip: str, frame: int, **rest) -> tuple[MaskLabel, bytes]:
    file = MaskFile.of(mask)
    label = MaskLabel(
        clip_id=clip, frame=frame, path=file.path, digest=file.digest, area=file.area, annotator=name, **rest
    )
    return label, file.data


def box(x: int, y: int, width: int, height: int) -> np.ndarray:
    """A mask of SIZE with a rectangle set."""
    mask = np.zeros((SIZE.height, SIZE.width), bool)
    mask[y : y + height, x : x + width] = True
    return mask


def _labels(clip: str):
    for name, frames in POINTS.items():
        for frame, place in frames.items():
            seen = {"visible": False} if place is None else {"x": place[0], "y": place[1]}
            yield PointLabel(clip_id=clip, frame=frame, annotator=name, **seen)
        yield OnsetLabel(clip_id=clip, frame=ONSETS[name], annotator=name)


def _frames(root: Path, clip: str, number: int):
    for frame, picture in enumerate(clip_frames([number], FRAMES)):
        path = root / clip / f"{frame:06d}.png"
        save(path, picture)
        yield Frame(clip, frame, f"{clip}/{path.name}", frame / 10, file_digest(path))
