"""The label rows that a decision makes. The same decision always makes the same rows, whenever it is read."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ...datasets.mask_store import MaskFile
from ...datasets.schema import (
    LabelState,
    MaskLabel,
    OnsetLabel,
    PointLabel,
    Provenance,
    Review,
)
from .decision import Action, Decision, TrackPoint

Row = PointLabel | MaskLabel | OnsetLabel
Label = TypeVar("Label", PointLabel, MaskLabel, OnsetLabel)
POINT_TARGET = "source"
REGION_TARGET = "region"


@dataclass(frozen=True)
class Change:
    """A new row and the one it replaces; None where there was none."""

    row: Row
    base: Row | None


def review_run(decision: Decision) -> Provenance:
    """The provenance of what a reviewer says."""
    return _run("review", {"reviewer": decision.reviewer}, decision)


def track_run(decision: Decision) -> Provenance:
    """The provenance of the track that the engine makes of a correction."""
    settings = json.loads(decision.engine) if decision.engine else {}
    return replace(_run("pseudolabel", settings, decision), parent=review_run(decision).id)


def runs_of(decision: Decision) -> list[Provenance]:
    """Every provenance that the decision's rows name."""
    return [review_run(decision), *([track_run(decision)] if decision.track else [])]


def changes_of(decision: Decision, known: Mapping[str, Row], done: Mapping[int, "list[Change]"]) -> list[Change]:
    """The rows of one decision. known: rows by label_id that it may replace; done: changes of earlier decisions.

    Raises KeyError where it names a row or decision that is not there.
    """
    bases = [known[label_id] for label_id in decision.before]
    match decision.action:
        case Action.ACCEPT | Action.REJECT:
            said = Review.ACCEPTED if decision.action is Action.ACCEPT else Review.REJECTED
            return [_judged(base, said, decision) for base in bases]
        case Action.MOVE | Action.HIDE:
            points = points_of(decision, known)
            return [*(Change(point, known.get(point.supersedes)) for point in points), *_track(decision, known)]
        case Action.ONSET:
            return [_onset(decision, _first(bases, OnsetLabel))]
        case Action.REDRAW | Action.CLEAR:
            return [_region(decision, _first(bases, MaskLabel))]
        case Action.UNDO:
            heads = _heads(done)
            return [_restored(change, heads, decision) for change in reversed(done[decision.undoes])]
        case Action.COMMENT:
            return []


def empty_mask(width: int, height: int) -> MaskFile:
    """The file of a region that was looked for and is not there."""
    import numpy as np

    return MaskFile.of(np.zeros((height, width), np.bool_))


def _run(kind: str, config: Mapping[str, object], decision: Decision) -> Provenance:
    text = json.dumps(config, sort_keys=True, separators=(",", ":"))
    return Provenance(kind, text, decision.code_version, created_utc=decision.at_utc)


def _judged(base: Row, said: Review, decision: Decision) -> Change:
    run = review_run(decision).id
    row = replace(base, review=said, annotator=decision.reviewer, provenance=run, supersedes=base.label_id)
    return Change(row, base)


def points_of(decision: Decision, known: Mapping[str, Row]) -> list[PointLabel]:
    """The labels that moved or hidden points become, frame by frame."""
    bases = [known[label_id] for label_id in decision.before]
    of_frame = {base.frame: base for base in reversed(bases) if isinstance(base, PointLabel)}
    return [_point(decision, frame, of_frame.get(frame)) for frame in decision.frames]


def _point(decision: Decision, frame: int, base: PointLabel | None) -> PointLabel:
    x, y = decision.xy if decision.xy is not None else (math.nan, math.nan)
    return PointLabel(
        clip_id=decision.clip_id,
        frame=frame,
        target=decision.target or POINT_TARGET,
        x=x,
        y=y,
        visible=decision.action is Action.MOVE,
        state=LabelState.HUMAN,
        review=Review.CORRECTED if base else Review.ACCEPTED,
        annotator=decision.reviewer,
        provenance=review_run(decision).id,
        supersedes=base.label_id if base else "",
    )


def _track(decision: Decision, known: Mapping[str, Row]) -> Iterator[Change]:
    """The segment's other frames: a new pseudo-label where the engine trusts it, else the old one is given up."""
    run = track_run(decision).id if decision.track else ""
    for point in decision.track:
        base = known[point.before] if point.before else None
        if not point.reason:
            yield Change(_pseudo(decision, point, run), base)
        elif base is not None and base.review is not Review.REJECTED:
            yield Change(replace(base, review=Review.REJECTED, provenance=run, supersedes=base.label_id), base)


def _pseudo(decision: Decision, point: TrackPoint, run: str) -> PointLabel:
    return PointLabel(
        clip_id=decision.clip_id,
        frame=point.frame,
        target=decision.target or POINT_TARGET,
        x=point.x,
        y=point.y,
        visible=point.visible,
        var_x=point.var_x,
        var_y=point.var_y,
        cov_xy=point.cov_xy,
        state=LabelState.PSEUDO,
        confidence=point.confidence,
        provenance=run,
        supersedes=point.before,
    )


def _onset(decision: Decision, base: OnsetLabel | None) -> Change:
    row = OnsetLabel(
        clip_id=decision.clip_id,
        frame=decision.frames[0],
        state=LabelState.HUMAN,
        review=Review.CORRECTED if base else Review.ACCEPTED,
        annotator=decision.reviewer,
        provenance=review_run(decision).id,
        supersedes=base.label_id if base else "",
    )
    return Change(row, base)


def _region(decision: Decision, base: MaskLabel | None) -> Change:
    row = MaskLabel(
        clip_id=decision.clip_id,
        frame=decision.frames[0],
        target=decision.target or REGION_TARGET,
        path=decision.mask,
        digest=decision.mask.rsplit("/", 1)[-1].removesuffix(".png"),
        area=decision.area,
        state=LabelState.HUMAN,
        review=Review.CORRECTED if base else Review.ACCEPTED,
        annotator=decision.reviewer,
        provenance=review_run(decision).id,
        supersedes=base.label_id if base else "",
    )
    return Change(row, base)


def _heads(done: Mapping[int, "list[Change]"]) -> dict[str, Row]:
    """The row that came last in place of each, by the label_id of the one replaced; the reviewer's own rows only.

    What was judged and taken back stands behind the row that was judged: taking that one back must replace what stands
    there now. Other people's rows have no say, or the same log would make other rows after a pull of theirs.
    """
    heads: dict[str, Row] = {}
    for number in sorted(done, reverse=True):
        for change in done[number]:
            if change.base is not None:
                heads[change.base.label_id] = heads.get(change.row.label_id, change.row)
    return heads


def _restored(change: Change, heads: Mapping[str, Row], decision: Decision) -> Change:
    """What was there before, as a row that replaces what stands in its place now; a row that was new is rejected."""
    head = heads.get(change.row.label_id, change.row)
    if change.base is not None:
        return Change(replace(change.base, supersedes=head.label_id), head)
    run = review_run(decision).id
    gone = replace(
        change.row, review=Review.REJECTED, annotator=decision.reviewer, provenance=run, supersedes=head.label_id
    )
    return Change(gone, head)


def _first(bases: Sequence[Row], kind: type[Label]) -> Label | None:
    return next((base for base in bases if isinstance(base, kind)), None)
