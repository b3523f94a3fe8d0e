"""Points that a reviewer moved, hid, renamed, judged, added or deleted, as new rows."""

import math

from ..datasets.schema import LabelState, PointLabel, Review
from .fiftyone_points import is_hidden, to_pixels, to_unit
from .frame_document import Document
from .sample_changes import SampleChanges

DEFAULT_TARGET = "source"


def read_points(sample: SampleChanges) -> None:
    """Compare the sample's keypoints with the rows they were pushed from."""
    seen: set[str] = set()
    for keypoint in (sample.document.get("points") or {}).get("keypoints") or ():
        label_id = keypoint.get("label_id")
        base = sample.base(label_id, PointLabel)
        if not label_id or label_id in seen:  # a copy of a label is a new one
            _add(sample, keypoint)
        elif base is None:
            sample.refuse("points", f"a point names label {label_id}, which the cohort does not have in this frame")
        else:
            seen.add(label_id)
            _change(sample, keypoint, base)
    sample.reject_deleted("points", sample.groups["points"].labels.get("points", ()), seen)


def _add(sample: SampleChanges, keypoint: Document) -> None:
    visible = not is_hidden(*_vertex(keypoint))
    row = _row(sample, keypoint, Review.ACCEPTED, visible=visible)
    if row is not None:
        sample.take(row, None)


def _change(sample: SampleChanges, keypoint: Document, base: PointLabel) -> None:
    said = sample.said_of(keypoint, base, "points")
    hidden = base.visible and is_hidden(*_vertex(keypoint))  # NaN is how FiftyOne's own tools hide a point
    visible = bool(keypoint.get("visible", True)) and not hidden
    moved = visible and _vertex(keypoint) != to_unit(base.x, base.y, sample.clip.size)
    renamed = (keypoint.get("label") or base.target) != base.target
    if said is Review.REJECTED:
        sample.judge(base, said)
    elif moved or renamed or visible != base.visible:
        row = _row(sample, keypoint, Review.CORRECTED, visible=visible, base=base)
        if row is not None:
            sample.take(row, base)
    elif said is not None:
        sample.judge(base, said)


def _row(
    sample: SampleChanges, keypoint: Document, review: Review, *, visible: bool, base: PointLabel | None = None
) -> PointLabel | None:
    """The human label that a keypoint stands for; None, and a conflict, where its position is not one."""
    x, y = to_pixels(*_vertex(keypoint), sample.clip.size) if visible else (math.nan, math.nan)
    if len(keypoint.get("points") or ()) != 1:
        sample.refuse("points", f"a point must have one vertex, got {len(keypoint.get('points') or ())}")
        return None
    if visible and not sample.clip.size.holds(x, y):
        sample.refuse("points", f"a visible point must lie inside {sample.clip.size}, got ({x:.1f}, {y:.1f})")
        return None
    return PointLabel(
        clip_id=sample.clip.clip_id,
        frame=sample.frame,
        target=keypoint.get("label") or (base.target if base else DEFAULT_TARGET),
        x=x,
        y=y,
        visible=visible,
        state=LabelState.HUMAN,
        review=review,
        annotator=sample.reviewer.name,
        provenance=sample.reviewer.provenance,
        supersedes=base.label_id if base else "",
    )


def _vertex(keypoint: Document) -> tuple[float, float]:
    """A keypoint's first vertex, 0..1; NaN where it has none."""
    points = keypoint.get("points") or [[math.nan, math.nan]]
    return float(points[0][0]), float(points[0][1])
