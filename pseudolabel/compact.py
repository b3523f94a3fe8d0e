"""From finished segments into the cohort: pseudo labels where trusted, review items where not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..datasets.cohort import Cohort
from ..datasets.schema import LabelState, PointLabel, Provenance, Review, ReviewItem
from .densify import DenseTrack
from .segments import Segment

REVIEW_KIND = "pseudolabel"


@dataclass(frozen=True)
class Written:
    """What compaction did: labelled and flagged frames; kept: frames whose pseudo label somebody had reviewed;
    retired: earlier pseudo labels that this run does not stand by; new_rows: label rows appended.
    """

    labelled: int
    flagged: int
    kept: int
    retired: int
    new_rows: int


def compact(cohort: Cohort, results: Iterable[tuple[Segment, DenseTrack]], provenance: Provenance) -> Written:
    """Write a run's results into the cohort; doing it again changes nothing.

    A new label supersedes the earlier run's of the same frame and target, unless somebody reviewed that one. An earlier
    unreviewed label of a frame that is now flagged is superseded by a rejected copy. Human labels are never touched.
    """
    old = _earlier_labels(cohort)
    human = {(p.clip_id, p.frame, p.target) for p in cohort.points() if p.state is LabelState.HUMAN}
    labels, items, kept, labelled, retired = [], [], 0, 0, 0
    for segment, track in results:
        for row in range(len(track.frames)):
            place = (segment.clip_id, track.frames[row], segment.target)
            earlier = old.get(place)
            if place in human or (earlier is not None and _reviewed(earlier)):
                kept += 1
                continue
            new = _label(segment, track, row, provenance) if not track.reasons[row] else None
            if new is None:
                items.append(_item(segment, track, row, provenance))
                if earlier is not None and earlier.review is not Review.REJECTED:
                    labels.append(_retired(earlier, provenance))
                    retired += 1
                continue
            labelled += 1
            if earlier is None or replace(earlier, supersedes="") != new:
                labels.append(replace(new, supersedes=earlier.label_id if earlier else ""))
    added = cohort.append(points=labels, provenance=[provenance])["points"]
    cohort.replace_review(REVIEW_KIND, items, provenance)
    return Written(labelled, len(items), kept, retired, added)


def _earlier_labels(cohort: Cohort) -> Mapping[tuple[str, int, str], PointLabel]:
    """The current pseudo label of each clip, frame and target; a reviewed one before others."""
    found: dict[tuple[str, int, str], PointLabel] = {}
    for point in cohort.points():
        place = (point.clip_id, point.frame, point.target)
        if point.state is LabelState.PSEUDO and not (place in found and _reviewed(found[place])):
            found[place] = point
    return found


def _reviewed(label: PointLabel) -> bool:
    """Whether a person spoke on it; a run's own retirement has no annotator."""
    retired = label.review is Review.REJECTED and not label.annotator
    return label.review is not Review.UNREVIEWED and not retired


def _retired(earlier: PointLabel, provenance: Provenance) -> PointLabel:
    return replace(earlier, review=Review.REJECTED, provenance=provenance.id, supersedes=earlier.label_id)


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
