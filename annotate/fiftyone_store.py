"""The one place that goes around FiftyOne's objects to its MongoDB collection, for speed and for guarded writes.

FiftyOne has no public way to insert documents, to write a value only where it is still what was read, or to declare
many fields at once. Private parts of `Dataset` (FiftyOne 1.22) give all three. A test compares what lands there with
what `add_samples` writes.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .frame_document import Document, FrameDocument

_DUPLICATE_KEY = 11000


@dataclass(frozen=True)
class GuardedUpdate:
    """A change to one sample that happens only where every field of `expected` still holds the value given there."""

    sample_id: Any
    expected: Mapping[str, Any]
    values: Mapping[str, Any]
    removed: Sequence[str] = field(default_factory=tuple)


def add_fields(dataset: Any, fields: Mapping[str, Any]) -> None:
    """Declare the fields, by path, that are not there yet; `add_sample_field` takes 30 ms for each."""
    new = {path: field for path, field in fields.items() if dataset.get_field(path) is None}
    if new:
        dataset._merge_sample_field_schema(new)


def insert_frames(dataset: Any, frames: Iterable[FrameDocument]) -> int:
    """Insert the frames as samples; returns how many were new. What another push inserted meanwhile stays."""
    from pymongo.errors import BulkWriteError

    now = datetime.now(UTC)
    docs = [_sample(dataset, frame, now) for frame in frames]
    if not docs:
        return 0
    try:
        dataset._sample_collection.insert_many(docs, ordered=False)
    except BulkWriteError as error:
        failed = error.details["writeErrors"]
        if any(entry["code"] != _DUPLICATE_KEY for entry in failed):
            raise
        return len(docs) - len(failed)
    return len(docs)


def read_samples(
    dataset: Any, clip_id: str, fields: Sequence[str] = (), frames: Sequence[int] | None = None
) -> dict[int, Document]:
    """The clip's samples by frame number, as MongoDB holds them; only these fields and frames where given."""
    chosen = dict.fromkeys([*fields, "frame_number"], 1) if fields else None
    wanted = {"clip_id": clip_id} if frames is None else {"clip_id": clip_id, "frame_number": {"$in": list(frames)}}
    found = dataset._sample_collection.find(wanted, chosen)
    return {doc["frame_number"]: doc for doc in found if isinstance(doc.get("frame_number"), int)}


def pushed_clips(dataset: Any) -> set[str]:
    """Every clip that has samples."""
    return {clip_id for clip_id in dataset._sample_collection.distinct("clip_id") if clip_id}


def update_samples(dataset: Any, updates: Sequence[GuardedUpdate]) -> int:
    """Apply the updates whose guard still holds; returns how many did. Samples held in this process are reloaded."""
    from fiftyone.core.sample import Sample
    from pymongo import UpdateOne

    if not updates:
        return 0
    now = datetime.now(UTC)
    operations = []
    for update in updates:
        change: Document = {"$set": {**update.values, "last_modified_at": now}}
        if update.removed:
            change["$unset"] = dict.fromkeys(update.removed, "")
        operations.append(UpdateOne({"_id": update.sample_id, **update.expected}, change))
    matched: int = dataset._sample_collection.bulk_write(operations, ordered=False).matched_count
    Sample._reload_docs(dataset._sample_collection_name, sample_ids=[str(update.sample_id) for update in updates])
    return matched


def _sample(dataset: Any, frame: FrameDocument, now: datetime) -> Document:
    from bson import ObjectId

    key = hashlib.sha256(f"{frame.values['clip_id']}\0{frame.frame}".encode()).hexdigest()
    return {
        "_id": ObjectId(key[:24]),  # by name, so that no frame can be inserted twice
        "tags": [frame.record.tag] if frame.record.tag else [],
        **frame.values,
        "_media_type": "image",
        "_rand": 0.999 + 0.001 * int(key[24:32], 16) / 2**32,  # the range of FiftyOne's own
        "_dataset_id": dataset._doc.id,
        "created_at": now,
        "last_modified_at": now,
    }
