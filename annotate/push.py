"""Push a cohort into FiftyOne: new frames inserted, changed ones updated, a reviewer's changes never overwritten."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from ..datasets.cohort import ClipView, Cohort
from ..datasets.progress import track
from ..datasets.schema import Clip
from ..datasets.split import Split, load_split, split_names, split_path
from .fiftyone_dataset import make_dataset
from .fiftyone_documents import ClipContext, documents
from .fiftyone_fields import PUSHED, declare_fields, declare_regions, split_field
from .fiftyone_store import GuardedUpdate, insert_frames, pushed_clips, read_samples, update_samples
from .fiftyone_tags import VERDICTS, with_user_tags
from .fiftyone_views import save_views, saved_views
from .frame_document import Document, FrameDocument
from .frame_files import frame_files, mask_files
from .push_record import PushRecord, digest_of

BATCH: Final = 2000  # frames in memory at a time
Settled = Mapping[Any, Mapping[str, str]]  # sample id -> group -> digest of the reviewer's value that was pulled


@dataclass(frozen=True)
class PushResult:
    """What a push did, in frames. kept: those where a reviewer's change, not yet pulled, was left alone.

    without_image: frames that cannot be shown. foreign_clips: clips of the dataset that the cohort does not have.
    stale_splits: split files made for another state of the cohort, so left out.
    """

    name: str
    clips: int
    inserted: int
    updated: int
    unchanged: int
    kept: int
    without_image: int
    saved_views: int
    foreign_clips: int
    stale_splits: Sequence[str]


@dataclass(frozen=True)
class Splits:
    """The cohort's splits that fit it. tagging: the one whose parts become sample tags. stale: names left out."""

    usable: Sequence[Split]
    tagging: Split | None
    stale: Sequence[str]


def push_cohort(cohort: Cohort, name: str, *, split: str | None = None) -> PushResult:
    """Make or update the persistent FiftyOne dataset `name`: one image sample per frame that has an image.

    split: tag each sample with its part in this split; the parts of every split are fields `split_<name>` anyway. Call
    within `running_mongod`. A killed push leaves a usable dataset that the next push completes. Raises BleedkitError
    where the dataset belongs to another cohort, there is no such split, or an image is gone.
    """
    splits = load_splits(cohort, split)
    dataset = make_dataset(cohort, name, split or "")
    declare_fields(dataset, [one.name for one in splits.usable])
    there = pushed_clips(dataset)
    counts = dict.fromkeys(("inserted", "updated", "unchanged", "kept", "without_image"), 0)
    for view in track(_paused_gc(cohort.stream()), "Pushing clips", total=len(cohort.clips)):
        done = push_clip(dataset, view, clip_context(cohort, view, splits), new=view.clip.clip_id not in there)
        for what, count in done.items():
            counts[what] += count
    parts = {one.name: sorted({part_of(one, clip) for clip in cohort.clips.values()}) for one in splits.usable}
    views = save_views(dataset, saved_views(dataset, list(cohort.clips), parts))
    dataset.reload()
    return PushResult(
        name=name,
        clips=len(cohort.clips),
        saved_views=views,
        foreign_clips=len(there - set(cohort.clips)),
        stale_splits=splits.stale,
        **counts,
    )


def load_splits(cohort: Cohort, tagging: str | None = None) -> Splits:
    """Every split of the cohort. Raises BleedkitError where the one to tag by is missing or stale."""
    chosen = load_split(cohort, tagging) if tagging else None
    found = [Split.load(split_path(cohort, name)) for name in split_names(cohort)]
    fit = [one.cohort_digest == cohort.digest for one in found]
    usable = [one for one, fits in zip(found, fit, strict=True) if fits]
    return Splits(usable, chosen, [one.name for one, fits in zip(found, fit, strict=True) if not fits])


def part_of(split: Split, clip: Clip) -> str:
    """The clip's part; in a split of several folds, the fold it is tested in."""
    if len(split.folds) == 1:
        return split.part(clip)
    tested = [fold for fold in range(len(split.folds)) if split.part(clip, fold) == "test"]
    return " ".join(f"fold{fold}" for fold in tested)


def clip_context(cohort: Cohort, view: ClipView, splits: Splits) -> ClipContext:
    """All that the clip's documents need beside its tables; makes the images of a video's frames."""
    clip = view.clip
    return ClipContext(
        filepaths=frame_files(cohort, view),
        mask_paths=mask_files(cohort, view),
        splits={split_field(one.name): part_of(one, clip) for one in splits.usable},
        review=cohort.review_items(clip.clip_id) if cohort.meta.counts.get("review") else (),
        tag=part_of(splits.tagging, clip) if splits.tagging else "",
    )


def push_clip(
    dataset: Any, view: ClipView, context: ClipContext, *, new: bool = False, settled: Settled | None = None
) -> dict[str, int]:
    """Bring one clip's samples up to date, in batches; returns how many frames met which fate.

    new: no sample of the clip is there. settled: reviewers' changes that the cohort has by now, so may be replaced.
    """
    settled = settled or {}
    counts = dict.fromkeys(("inserted", "updated", "unchanged", "kept"), 0)
    there = {} if new else read_samples(dataset, view.clip.clip_id, [PUSHED])
    for batch in _batches(documents(view, context)):
        declare_regions(dataset, sorted({name for doc in batch for name in doc.values if name.startswith("regions")}))
        fresh = [doc for doc in batch if doc.frame not in there]
        stale = [doc for doc in batch if doc.frame in there and _is_stale(doc, there[doc.frame], settled)]
        updated, kept = _update(dataset, view.clip, stale, settled)
        counts["inserted"] += insert_frames(dataset, fresh)
        counts["updated"] += updated
        counts["kept"] += kept
        counts["unchanged"] += len(batch) - len(fresh) - updated - kept
    return {**counts, "without_image": len(view.frames) - len(context.filepaths)}


def _is_stale(doc: FrameDocument, stored: Document, settled: Settled) -> bool:
    return stored.get(PUSHED) != doc.values[PUSHED] or stored["_id"] in settled


def _update(dataset: Any, clip: Clip, stale: Sequence[FrameDocument], settled: Settled) -> tuple[int, int]:
    """Update those samples; returns how many were written whole and how many kept a reviewer's change."""
    if not stale:
        return 0, 0
    stored = read_samples(dataset, clip.clip_id, frames=[doc.frame for doc in stale])
    merged = [_merge(doc, stored[doc.frame], settled) for doc in stale if doc.frame in stored]
    written = update_samples(dataset, [update for update, _ in merged if update is not None])
    overtaken = sum(update is not None for update, _ in merged) - written  # changed between our reading and writing
    kept = min(len(merged), sum(theirs for _, theirs in merged) + overtaken)
    return len(merged) - kept, kept


def _merge(doc: FrameDocument, stored: Document, settled: Settled) -> tuple[GuardedUpdate | None, bool]:
    """The update that renews every group a reviewer left alone, None where there is none; and whether one was kept."""
    pulled, last = settled.get(stored["_id"], {}), PushRecord.read(stored.get(PUSHED))
    groups, touched, kept = {}, [], False
    for group, record in doc.record.groups.items():
        before = last.groups.get(group)
        if before and (before.matches(stored) or digest_of(stored, before.fields) == pulled.get(group)):
            groups[group] = record
            touched += sorted({*record.fields, *before.fields})
        else:
            kept = True
            groups.update({group: before} if before else {})
    gone = {last.tag, *(VERDICTS if "tags" in pulled else ())}  # verdicts go once pulled; all others are the user's
    tags = [tag for tag in stored.get("tags") or () if tag not in gone] + [doc.record.tag] * bool(doc.record.tag)
    values = {name: with_user_tags(doc.values[name], stored.get(name)) for name in touched if name in doc.values}
    values.update({PUSHED: PushRecord(groups, doc.record.tag).to_json(), "tags": tags})
    if not pulled and values[PUSHED] == stored[PUSHED] and tags == stored.get("tags"):
        return None, kept
    expected = {name: stored.get(name) for name in (*touched, PUSHED, "tags")}
    removed = [name for name in touched if name not in doc.values and stored.get(name) is not None]
    return GuardedUpdate(stored["_id"], expected, values, removed), kept


def _batches(docs: Iterator[FrameDocument]) -> Iterator[list[FrameDocument]]:
    while batch := list(islice(docs, BATCH)):
        yield batch


def _paused_gc(views: Iterable[ClipView]) -> Iterator[ClipView]:
    """The views, each read and used without Python's cycle collector, which costs a third of a push.

    Documents hold no cycles; it would look through all of them, and all of FiftyOne, again and again.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield from views
    finally:
        if paused:
            gc.enable()
