"""A clip's frames and labels as the documents FiftyOne keeps in MongoDB, built by hand, for speed.

The documents are those that `fiftyone.Sample` would make (a test compares the two). Every id is a digest of what it
names, so the same cohort always gives the same documents and nothing can be inserted twice.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..datasets.cohort import ClipView, most_trusted
from ..datasets.schema import Clip, Frame, MaskLabel, OnsetLabel, PointLabel, Review, ReviewItem
from .fiftyone_fields import PUSHED, region_field
from .fiftyone_points import to_unit
from .frame_document import Document, FrameDocument
from .push_record import PushRecord


@dataclass(frozen=True)
class ClipContext:
    """What belongs to a clip beside its tables. filepaths: image of each frame. splits: field to part.

    mask_paths: label id to absolute path. review: its review items. tag: sample tag of the chosen split, "" for none.
    """

    filepaths: Mapping[int, str]
    mask_paths: Mapping[str, str]
    splits: Mapping[str, str]
    review: Sequence[ReviewItem]
    tag: str = ""


def documents(view: ClipView, context: ClipContext) -> Iterator[FrameDocument]:
    """One document for each frame that has an image, in frame order."""
    points, masks, items = _by_frame(view.points), _by_frame(view.masks), _by_frame(context.review)
    onset = most_trusted(view.onsets)
    common = _clip_values(view.clip, context.splits)
    for frame in view.frames:
        if frame.frame in context.filepaths:
            here = (points[frame.frame], masks[frame.frame], items[frame.frame])
            values = {"filepath": context.filepaths[frame.frame], **common, **_frame_values(frame, onset)}
            values.update(_label_values(view.clip, *here, context.mask_paths))
            values.update(_review_values(*here, onset if onset and onset.frame == frame.frame else None))
            values = {name: value for name, value in values.items() if value is not None}
            record = PushRecord.of(values, onset.label_id if onset else "", context.tag)
            yield FrameDocument({**values, PUSHED: record.to_json()}, record)


def _clip_values(clip: Clip, splits: Mapping[str, str]) -> Document:
    return {
        "metadata": {
            "_cls": "ImageMetadata",
            "width": clip.size.width,
            "height": clip.size.height,
            "num_channels": 3,
        },
        "clip_id": clip.clip_id,
        "patient_id": clip.patient_id,
        "procedure_id": clip.procedure_id,
        "site": clip.site or None,
        "scenarios": list(clip.scenarios),
        "official_split": clip.official_split or None,
        **splits,
    }


def _frame_values(frame: Frame, onset: OnsetLabel | None) -> Document:
    bleeds = onset is not None and onset.frame >= 0
    return {
        "frame_number": frame.frame,
        "timestamp_s": frame.timestamp_s,
        "onset": None if onset is None else frame.frame == onset.frame,
        "frames_from_onset": frame.frame - onset.frame if onset and bleeds else None,
    }


def _label_values(
    clip: Clip,
    points: Sequence[PointLabel],
    masks: Sequence[MaskLabel],
    items: Sequence[ReviewItem],
    mask_paths: Mapping[str, str],
) -> Document:
    """Points, regions and guesses. What a reviewer rejected is not drawn again; `reviews` still tells of it."""
    drawn = [_keypoint(clip, label) for label in points if label.review is not Review.REJECTED]
    guesses = [_guess(clip, item) for item in items if math.isfinite(item.x) and math.isfinite(item.y)]
    values: Document = {"points": _keypoints(drawn) if drawn else None}
    if guesses:
        values["guesses"] = _keypoints(guesses)
    by_target = defaultdict(list)
    for label in masks:
        if label.review is not Review.REJECTED:
            by_target[label.target].append(label)
    for target, labels in by_target.items():
        best = most_trusted(labels)
        for rank, label in enumerate(sorted(labels, key=lambda label: label is not best)):
            values[region_field(target, rank)] = _segmentation(label, mask_paths[label.label_id])
    return values


def _review_values(
    points: Sequence[PointLabel], masks: Sequence[MaskLabel], items: Sequence[ReviewItem], onset: OnsetLabel | None
) -> Document:
    """A review item is settled once anybody has judged a label of its target in that frame."""
    labels: list[PointLabel | MaskLabel | OnsetLabel] = [*points, *masks, *([onset] if onset else [])]
    judged = {label.target for label in labels if label.review is not Review.UNREVIEWED}
    open_items = sorted({item.reason for item in items if item.target not in judged})
    return {
        "needs_review": bool(open_items),
        "review_reasons": open_items,
        "states": sorted({label.state.value for label in labels}),
        "reviews": sorted({label.review.value for label in labels}),
    }


def _keypoint(clip: Clip, label: PointLabel) -> Document:
    xy = to_unit(label.x, label.y, clip.size) if label.visible else (math.nan, math.nan)
    variance = (label.var_x + label.var_y) / 2
    return {
        "_id": _object_id(label.label_id),
        "_cls": "Keypoint",
        "attributes": {},
        "tags": [],
        "label": label.target,
        "points": [list(xy)],
        "confidence": None if math.isnan(label.confidence) else [label.confidence],
        **_attributes(label),
        "visible": label.visible,
        "sigma_px": None if math.isnan(variance) else math.sqrt(variance),
    }


def _guess(clip: Clip, item: ReviewItem) -> Document:
    key = hashlib.sha256(repr(item).encode()).hexdigest()
    return {
        "_id": _object_id(key),
        "_cls": "Keypoint",
        "attributes": {},
        "tags": [],
        "label": item.target,
        "points": [list(to_unit(item.x, item.y, clip.size))],
        "confidence": None,
        "reason": item.reason,
        "provenance": item.provenance,
    }


def _keypoints(keypoints: list[Document]) -> Document:
    return {"_cls": "Keypoints", "keypoints": keypoints}


def _segmentation(label: MaskLabel, path: str) -> Document:
    return {
        "_id": _object_id(label.label_id),
        "_cls": "Segmentation",
        "tags": [],
        "mask_path": path,
        **_attributes(label),
        "target": label.target,
        "confidence": None if math.isnan(label.confidence) else label.confidence,
    }


def _attributes(label: PointLabel | MaskLabel) -> Document:
    return {
        "label_id": label.label_id,
        "state": label.state.value,
        "review": label.review.value,
        "annotator": label.annotator,
        "provenance": label.provenance,
    }


def _object_id(key: str) -> Any:
    from bson import ObjectId

    return ObjectId(f"{key[:16]:0<24}")


def _by_frame(rows: Sequence[Any]) -> "defaultdict[int, list[Any]]":
    frames = defaultdict(list)
    for row in rows:
        frames[row.frame].append(row)
    return frames
