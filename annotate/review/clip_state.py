"""A clip as the Review panel draws it: plain lists and numbers that go to the browser as JSON."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from ...datasets.schema import Clip, MaskLabel, PointLabel, ReviewItem
from .clip_review import ClipReview
from .decision import NEVER, Action, Decision
from .queue import QueueItem, targets_of

Json = dict[str, Any]


@dataclass(frozen=True)
class ClipPictures:
    """What of a clip never changes while it is reviewed: files and FiftyOne's sample ids, by frame."""

    clip: Clip
    files: Mapping[int, str]
    samples: Mapping[int, str]

    def to_json(self) -> Json:
        """Frames that have a picture, in order; `samples` has "" where FiftyOne does not hold the frame."""
        frames = sorted(self.files)
        return {
            "clip_id": self.clip.clip_id,
            "size": [self.clip.size.width, self.clip.size.height],
            "fps": self.clip.fps,
            "n_frames": self.clip.n_frames,
            "frames": frames,
            "files": [self.files[frame] for frame in frames],
            "samples": [self.samples.get(frame, "") for frame in frames],
        }


@dataclass(frozen=True)
class ClipLabels:
    """What a reviewer may change. points, flagged: by target, then frame. undoable: what undo takes back.

    comments: what this reviewer wrote, by frame.
    """

    points: Mapping[str, Mapping[int, Json]]
    flagged: Mapping[str, Mapping[int, Json]]
    regions: Mapping[int, Sequence[Json]]
    onset: Json | None
    undoable: str
    comments: Mapping[int, Sequence[str]]

    @classmethod
    def of(cls, review: ClipReview, mask_files: Mapping[str, str]) -> Self:
        """The labels to show now. mask_files: absolute path of a mask, by its label id."""
        targets = targets_of(review)
        onset = review.onset()
        return cls(
            points={target: {at: _point(row) for at, row in review.points(target).items()} for target in targets},
            flagged={target: _guesses(review.flagged, target) for target in targets},
            regions={at: [_region(row, mask_files) for row in rows] for at, rows in review.regions().items()},
            onset=None if onset is None else {"frame": onset.frame, "state": onset.state, "review": onset.review},
            undoable=_named(review.undoable()),
            comments=_comments(review.decisions),
        )

    def to_json(self) -> Json:
        """As the panel takes it."""
        return asdict(self)


def item_json(item: QueueItem) -> Json:
    """A place in the queue; `frames` by its first and last, and how many."""
    return {
        "clip_id": item.clip_id,
        "target": item.target,
        "frame": item.frame,
        "first": item.frames[0],
        "last": item.frames[-1],
        "n": len(item.frames),
        "gain": round(item.gain, 1),
        "why": item.why,
    }


def _point(row: PointLabel) -> Json:
    """Unknown numbers are null: JSON has no NaN."""
    said = {"visible": row.visible, "state": row.state, "review": row.review, "annotator": row.annotator}
    return {**said, **_numbers(x=row.x, y=row.y, xx=row.var_x, yy=row.var_y, xy=row.cov_xy, sure=row.confidence)}


def _guesses(flagged: Mapping[tuple[int, str], ReviewItem], target: str) -> dict[int, Json]:
    return {
        frame: {"reason": item.reason, **_numbers(x=item.x, y=item.y)}
        for (frame, name), item in flagged.items()
        if name == target
    }


def _region(row: MaskLabel, files: Mapping[str, str]) -> Json:
    said = {"target": row.target, "state": row.state, "review": row.review, "annotator": row.annotator}
    return {**said, "file": files.get(row.label_id, ""), "area": row.area}


def _comments(decisions: Sequence[Decision]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for one in decisions:
        if one.action is Action.COMMENT:
            found.setdefault(one.frames[0], []).append(one.text)
    return found


def _numbers(**values: float) -> Json:
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def _named(decision: Decision | None) -> str:
    if decision is None:
        return ""
    if decision.frames == (NEVER,):
        return "never bleeds"
    first, last = min(decision.frames), max(decision.frames)
    return f"{decision.action} on frame {first}" + (f" to {last}" if last > first else "")
