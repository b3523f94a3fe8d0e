"""One clip of a phantom cohort, made whole in a folder of its own: pictures, masks, truth and rows."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from ..errors import BleedkitError
from ..image_scan import ImageScan
from ..mask_store import MaskFile
from ..media_copy import MEDIA, MediaCopy
from ..problems import Problems
from ..schema import Frame, MaskLabel, OnsetLabel, PointLabel
from ..tables import table_of, write_table
from .annotators import Annotator
from .clip_media import media_name, open_media
from .clip_plan import PlannedClip
from .clip_truth import FOLDER, ClipTruth, truth_name
from .frame_truth import write_frame_truth
from .render import render_clip
from .scene import tissue_tracks
from .truth import PhantomFrame

TRACKED_POINTS: Final = 64
_INNER: Final = (0.1, 0.9)  # of the first picture, where the tracked tissue points lie


@dataclass(frozen=True)
class ClipJob:
    """What is the same for all clips of a run. seed: of the annotators' ways. provenance: id that labels carry.

    media: one of MEDIA_KINDS. full_truth: also masks, depth and flow of every frame. device: for the renderer.
    """

    seed: int
    annotators: tuple[str, ...]
    provenance: str
    media: str = "video"
    full_truth: bool = False
    device: str = "cpu"


def make_clip(plan: PlannedClip, folder: Path, job: ClipJob) -> None:
    """Make the clip in `folder`, which appears when it is whole: a kill leaves only a `making-` folder beside it."""
    making = Path(tempfile.mkdtemp(prefix="making-", dir=folder.parent))
    try:
        _make(plan, making, job)
        os.replace(making, folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _make(plan: PlannedClip, folder: Path, job: ClipJob) -> None:
    people = _people(plan, job)
    masks: list[MaskLabel] = []
    with open_media(job.media, folder / MEDIA, plan.ordinal, plan.row) as media:

        def recorded() -> Iterator[PhantomFrame]:
            for frame in render_clip(plan.scene, job.device):
                media.add(frame.rgb)
                masks.extend(_masks(plan, frame, people, folder, job.provenance))
                if job.full_truth:
                    write_frame_truth(folder / FOLDER, plan.ordinal, frame)
                yield frame

        truth = ClipTruth.of(recorded(), _tracks(plan), plan.scene.onset_frame)
    (folder / FOLDER).mkdir(exist_ok=True)
    (folder / FOLDER / truth_name(plan.ordinal)).write_bytes(truth.to_bytes())
    tables = _scanned(plan, folder, job) | {
        "points": table_of("points", _points(plan, truth, people, job.provenance)),
        "masks": table_of("masks", masks),
        "onsets": table_of("onsets", _onsets(plan, truth, people, job.provenance)),
    }
    for name, table in tables.items():
        write_table(folder / f"{name}.parquet", name, table)


def _people(plan: PlannedClip, job: ClipJob) -> list[Annotator]:
    """Last annotator first: of several labels the latest is believed, and that is to be the first annotator's."""
    people = [Annotator.of(job.seed, name, plan.row.size, first=not at) for at, name in enumerate(job.annotators)]
    return people[::-1]


def _tracks(plan: PlannedClip) -> np.ndarray:
    """Exact positions (T, TRACKED_POINTS, 2) of tissue points spread over the first picture."""
    size = np.array([plan.row.size.width, plan.row.size.height])
    start = plan.scene.rng("tracked points").uniform(*_INNER, (TRACKED_POINTS, 2)) * size
    return tissue_tracks(plan.scene, start)


def _masks(
    plan: PlannedClip, frame: PhantomFrame, people: Sequence[Annotator], folder: Path, provenance: str
) -> Iterator[MaskLabel]:
    if frame.frame not in plan.mask_frames:
        return
    mask = frame.region | frame.pooled if plan.pools_count else frame.region
    for person in people:
        file = MaskFile.of(person.region(mask, frame.frame, plan.scene.seed))
        file.write(folder)
        yield MaskLabel(
            clip_id=plan.row.clip_id,
            frame=frame.frame,
            path=file.path,
            digest=file.digest,
            area=file.area,
            annotator=person.name,
            provenance=provenance,
        )


def _points(plan: PlannedClip, truth: ClipTruth, people: Sequence[Annotator], provenance: str) -> list[PointLabel]:
    labels = [person.points(plan.row, truth, plan.point_frames, plan.scene.seed) for person in people]
    return [replace(label, provenance=provenance) for one in labels for label in one]


def _onsets(plan: PlannedClip, truth: ClipTruth, people: Sequence[Annotator], provenance: str) -> list[OnsetLabel]:
    if not plan.labels_onset:
        return []
    return [replace(person.onset(plan.row, truth, plan.scene.seed), provenance=provenance) for person in people]


def _scanned(plan: PlannedClip, folder: Path, job: ClipJob) -> dict[str, pa.Table]:
    """Clip, frame and hash rows of the pictures as they were written, each decoded once."""
    clip, problems = plan.row, Problems()
    video = job.media == "video"
    frames = [
        Frame(clip.clip_id, t, "" if video else media_name(job.media, plan.ordinal, t), t / clip.fps, "")
        for t in range(clip.n_frames)
    ]
    if video:
        clip = replace(clip, media=media_name(job.media, plan.ordinal))
    with ThreadPoolExecutor(1) as pool:
        scan = ImageScan(folder / MEDIA, problems, pool)
        scanned = scan.clip(clip, frames, MediaCopy(None, folder, plan.ordinal))
    if scanned is None or problems.errors:
        raise BleedkitError(f"clip {plan.ordinal} was written badly: {problems.errors[0]}", "check the disk; run again")
    return {
        "clips": table_of("clips", [scanned.clip]),
        "frames": table_of("frames", scanned.frames),
        "hashes": scanned.hash_table(),
    }
