"""From finished segments into the cohort: pseudo labels where trusted, review items where not, and keypoints."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

import numpy as np
import pyarrow as pa

from ..datasets.cohort import Cohort
from ..datasets.keypoint_table import KEYPOINTS
from ..datasets.schema import LabelState, PointLabel, Provenance, Review, ReviewItem
from ..datasets.tables import SCHEMAS, concat
from .dense_track import DenseTrack
from .segments import Segment

REVIEW_KIND: Final = "pseudolabel"
Result = tuple[Segment, DenseTrack]
Place = tuple[str, int, str]


@dataclass(frozen=True)
class Written:
    """What compaction did: labelled and flagged frames; kept: frames whose pseudo label somebody had reviewed;
    retired: earlier pseudo labels that this run does not stand by; new_rows: label rows appended; keypoints: rows.
    """

    labelled: int
    flagged: int
    kept: int
    retired: int
    new_rows: int
    keypoints: int


def compact(cohort: Cohort, results: Iterable[Result], provenance: Provenance) -> Written:
    """Write a run's results into the cohort as one commit; doing it again changes nothing.

    results: clip by clip in id order; taken one at a time. A new label supersedes the earlier run's of the same frame
    and target, unless somebody reviewed that one, be it while the run was going. An earlier unreviewed label of a frame
    that is now flagged is superseded by a rejected copy. Human labels are never touched. The keypoints of every clip
    that has results are replaced.
    """
    with cohort.change() as change:
        change.append(provenance=[provenance])
        points = change.cohort.points()
        rows = _Rows(provenance, _earlier_labels(points), {_place(p) for p in points if p.state is LabelState.HUMAN})
        keypoints = 0
        for clip_id, group in groupby(results, key=lambda result: result[0].clip_id):
            tables, numbers = [], Counter[str]()
            for segment, track in group:
                rows.take(segment, track)
                tables.append(_keypoint_rows(segment, track, provenance, numbers[segment.target]))
                numbers[segment.target] += len(track.keypoints)
            change.replace_keypoints(clip_id, concat(tables, KEYPOINTS))
            keypoints += sum(map(len, tables))
        added = change.append(points=rows.labels)["points"]
        change.replace_review(REVIEW_KIND, rows.items)
    return Written(rows.labelled, len(rows.items), rows.kept, rows.retired, added, keypoints)


@dataclass
class _Rows:
    """Label rows and review items as they gather. old: the current pseudo labels; human: where people labelled."""

    provenance: Provenance
    old: Mapping[Place, PointLabel]
    human: set[Place]
    labels: list[PointLabel] = field(default_factory=list)
    items: list[ReviewItem] = field(default_factory=list)
    labelled: int = 0
    kept: int = 0
    retired: int = 0

    def take(self, segment: Segment, track: DenseTrack) -> None:
        """One segment's frames: each labelled, listed for review, or left as a person left it."""
        for row, frame in enumerate(track.frames):
            place = (segment.clip_id, frame, segment.target)
            earlier = self.old.get(place)
            if place in self.human or (earlier is not None and _reviewed(earlier)):
                self.kept += 1
            elif track.reasons[row]:
                self._flag(_item(segment, track, row, self.provenance), earlier)
            else:
                self._label(_label(segment, track, row, self.provenance), earlier)

    def _flag(self, item: ReviewItem, earlier: PointLabel | None) -> None:
        self.items.append(item)
        if earlier is not None and earlier.review is not Review.REJECTED:
            self.retired += 1
            self.labels.append(
                replace(earlier, review=Review.REJECTED, provenance=self.provenance.id, supersedes=earlier.label_id)
            )

    def _label(self, label: PointLabel, earlier: PointLabel | None) -> None:
        self.labelled += 1
        if earlier is None or replace(earlier, supersedes="") != label:
            self.labels.append(replace(label, supersedes=earlier.label_id if earlier else ""))


def _place(point: PointLabel) -> Place:
    return point.clip_id, point.frame, point.target


def _earlier_labels(points: Iterable[PointLabel]) -> Mapping[Place, PointLabel]:
    """The current pseudo label of each clip, frame and target; a reviewed one before others."""
    found: dict[Place, PointLabel] = {}
    for point in points:
        if point.state is LabelState.PSEUDO and not ((old := found.get(_place(point))) and _reviewed(old)):
            found[_place(point)] = point
    return found


def _reviewed(label: PointLabel) -> bool:
    """Whether a person spoke on it; a run's own retirement has no annotator."""
    retired = label.review is Review.REJECTED and not label.annotator
    return label.review is not Review.UNREVIEWED and not retired


def _label(segment: Segment, track: DenseTrack, row: int, provenance: Provenance) -> PointLabel:
    covariance = track.covariance[row]
    return PointLabel(
        clip_id=segment.clip_id,
        frame=track.frames[row],
        target=segment.target,
        x=float(track.xy[row, 0]),
        y=float(track.xy[row, 1]),
        visible=bool(track.visible[row]),
        var_x=float(covariance[0, 0]),
        var_y=float(covariance[1, 1]),
        cov_xy=float(covariance[0, 1]),
        state=LabelState.PSEUDO,
        confidence=float(track.confidence[row]),
        provenance=provenance.id,
    )


def _item(segment: Segment, track: DenseTrack, row: int, provenance: Provenance) -> ReviewItem:
    x, y = (float(v) for v in track.xy[row])
    return ReviewItem(segment.clip_id, track.frames[row], segment.target, track.reasons[row], provenance.id, x, y)


def _keypoint_rows(segment: Segment, track: DenseTrack, provenance: Provenance, before: int) -> pa.Table:
    """The segment's trusted keypoints as rows of the table; before: how many the target has had in the clip so far."""
    found = track.keypoints
    number, at = np.nonzero(np.isfinite(found.xy).all(-1))
    covariance = found.covariance[number, at]
    columns = {
        "clip_id": [segment.clip_id] * len(at),
        "frame": np.array(track.frames, np.int32)[at],
        "target": [segment.target] * len(at),
        "keypoint": before + number + 1,
        "x": found.xy[number, at, 0],
        "y": found.xy[number, at, 1],
        "visible": found.visible[number, at],
        "var_x": covariance[:, 0, 0],
        "var_y": covariance[:, 1, 1],
        "cov_xy": covariance[:, 0, 1],
        "confidence": found.confidence[number, at],
        "provenance": [provenance.id] * len(at),
    }
    return pa.table(columns, schema=SCHEMAS[KEYPOINTS])
