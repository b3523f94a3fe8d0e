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
            point = point_of(decision, known)
            return [Change(point, known.get(point.supersedes)), *_track(decision, known)]
        case Action.ONSET:
            return [_onset(decision, _first(bases, OnsetLabel))]
        case Action.REDRAW | Action.CLEAR:
            return [_region(decision, _first(bases, MaskLabel))]
        case Action.UNDO:
            return [_restored(change, decision) for change in reversed(done[decision.undoes])]
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


def point_of(decision: Decision, known: Mapping[str, Row]) -> PointLabel:
    """The label that a moved or hidden point becomes."""
    base = _first([known[label_id] for label_id in decision.before], PointLabel)
    x, y = decision.xy if decision.xy is not None else (math.nan, math.nan)
    return PointLabel(
        clip_id=decision.clip_id,
        frame=decision.frames[0],
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


def _restored(change: Change, decision: Decision) -> Change:
    """What was there before, as a row that replaces what came in its place; a row that was new is rejected."""
    if change.base is not None:
        return Change(replace(change.base, supersedes=change.row.label_id), change.row)
    run = review_run(decision).id
    gone = replace(
        change.row,
        review=Review.REJECTED,
        annotator=decision.reviewer,
        provenance=run,
        supersedes=change.row.label_id,
    )
    return Change(gone, change.row)


def _first(bases: Sequence[Row], kind: type[Label]) -> Label | None:
    return next((base for base in bases if isinstance(base, kind)), None)
