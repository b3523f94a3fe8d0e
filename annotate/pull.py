"""Bring reviewers' changes back from FiftyOne as new label rows; nothing that is in the cohort is ever overwritten."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from ..datasets.progress import track
from ..datasets.schema import Clip, MaskLabel, OnsetLabel, PointLabel, Provenance, Review
from ..datasets.split import split_names
from .fiftyone_dataset import open_dataset
from .fiftyone_fields import INFO_KEY
from .fiftyone_store import pushed_clips, read_samples
from .frame_document import Document
from .label_changes import is_changed, read_changes
from .push import clip_context, load_splits, push_clip
from .sample_changes import ClipChanges, ClipRows, Conflict, Reviewer, Row


@dataclass(frozen=True)
class PullResult:
    """What a pull brought back, in label rows. added: labels the reviewer made; the others replace a row.

    conflicts: changes that clash with newer rows (both are kept) or that no row can hold (left in the dataset).
    """

    name: str
    accepted: int
    corrected: int
    rejected: int
    added: int
    points: int
    masks: int
    onsets: int
    conflicts: Sequence[Conflict]


def pull_labels(cohort: Cohort, name: str, *, reviewer: str) -> PullResult:
    """Append what was changed in the FiftyOne dataset `name` since its push, as rows by `reviewer`.

    Moved, hidden or renamed points become human labels with review `corrected`; deleted labels `rejected`; the tags
    `accepted` and `rejected`, on a sample or one label, judge it; new keypoints and masks become human labels. The
    dataset is then renewed where it was read, so that a second pull brings nothing. Call within `running_mongod`.
    Raises BleedkitError where there is no such dataset or it holds another cohort.
    """
    if not reviewer.strip():
        raise BleedkitError("a reviewer needs a name", "say who with --reviewer")
    dataset = open_dataset(cohort, name)
    run = Provenance.of("review", {"dataset": name, "reviewer": reviewer})
    found = _collect(cohort, dataset, Reviewer(reviewer, run.id))
    rows = [row for changes in found.values() for row in changes.rows]
    if rows:
        _append(cohort, rows, {path: data for c in found.values() for path, data in c.files.items()}, run)
    _renew(cohort, dataset, found)
    return _result(name, rows, [conflict for changes in found.values() for conflict in changes.conflicts])


def _collect(cohort: Cohort, dataset: Any, reviewer: Reviewer) -> dict[str, ClipChanges]:
    """Changes by clip, of the clips that have any."""
    there, found = pushed_clips(dataset), dict[str, ClipChanges]()
    for clip_id, clip in track(cohort.clips.items(), "Reading clips", total=len(cohort.clips)):
        samples = read_samples(dataset, clip_id) if clip_id in there else {}
        changed = [samples[frame] for frame in sorted(samples) if is_changed(samples[frame])]
        if changed:
            found[clip_id] = _clip_changes(cohort, clip, changed, reviewer)
    return found


def _clip_changes(cohort: Cohort, clip: Clip, samples: Sequence[Document], reviewer: Reviewer) -> ClipChanges:
    rows: dict[str, Row] = {}
    for read in (cohort.points, cohort.masks, cohort.onsets):
        rows.update({row.label_id: row for row in read(clip.clip_id, history=True)})
    return read_changes(ClipRows(clip, rows), samples, reviewer)


def _append(cohort: Cohort, rows: Sequence[Row], files: dict[str, bytes], run: Provenance) -> None:
    cohort.append(
        points=[row for row in rows if isinstance(row, PointLabel)],
        masks=[row for row in rows if isinstance(row, MaskLabel)],
        onsets=[row for row in rows if isinstance(row, OnsetLabel)],
        provenance=[run],
        files=files,
    )


def _renew(cohort: Cohort, dataset: Any, found: dict[str, ClipChanges]) -> None:
    """Push the clips again whose changes are in the cohort now, replacing exactly the values that were read."""
    if not any(changes.settled for changes in found.values()):
        return
    tagging = dataset.info[INFO_KEY].get("tags_of_split") or None
    splits = load_splits(cohort, tagging if tagging in split_names(cohort) else None)
    for view in cohort.stream():
        changes = found.get(view.clip.clip_id)
        if changes and changes.settled:
            push_clip(dataset, view, clip_context(cohort, view, splits), settled=changes.settled)
    dataset.reload()


def _result(name: str, rows: Sequence[Row], conflicts: Sequence[Conflict]) -> PullResult:
    reviews = Counter(row.review if row.supersedes else "added" for row in rows)
    kinds = Counter(type(row) for row in rows)
    return PullResult(
        name=name,
        accepted=reviews[Review.ACCEPTED] + reviews[Review.UNREVIEWED],
        corrected=reviews[Review.CORRECTED],
        rejected=reviews[Review.REJECTED],
        added=reviews["added"],
        points=kinds[PointLabel],
        masks=kinds[MaskLabel],
        onsets=kinds[OnsetLabel],
        conflicts=conflicts,
    )
