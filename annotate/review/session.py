"""ReviewSession: a reviewer at work on a cohort. Every decision is on disk before the screen may show it."""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ... import __version__
from ...datasets.clock import utc_now
from ...datasets.cohort import Cohort
from ...datasets.errors import BleedkitError
from ...datasets.mask_store import MaskFile
from ...datasets.schema import LabelState, MaskLabel, OnsetLabel, PointLabel
from ...datasets.transaction import write_atomic
from .clip_review import ClipReview
from .decision import NEVER, Action, Decision
from .decision_log import DecisionLog
from .decision_rows import POINT_TARGET, REGION_TARGET, Row, empty_mask
from .resmooth import Images, Resmoother

_KEPT_CLIPS: Final = 8


class ReviewSession:
    """images_of: the pictures of a clip's frames, by clip_id. resmoother: None where corrections stand alone.

    Clips are read as they are in the cohort when they are first opened. Methods that decide raise BleedkitError, and
    decide nothing, where the wish makes no sense or the log cannot be written.
    """

    def __init__(
        self,
        cohort: Cohort,
        reviewer: str,
        *,
        images_of: Callable[[str], Images],
        resmoother: Resmoother | None = None,
    ) -> None:
        self.cohort, self.reviewer = cohort, reviewer
        self.log = DecisionLog(cohort.folder, reviewer)
        self.decisions: list[Decision] = list(self.log.read().decisions)
        self._images_of, self._resmoother = images_of, resmoother
        self._clips: OrderedDict[str, ClipReview] = OrderedDict()

    def clip(self, clip_id: str) -> ClipReview:
        """The clip with all that this reviewer decided on it. Raises BleedkitError where there is none of that id."""
        if clip_id not in self._clips:
            self._clips[clip_id] = ClipReview.of(self.cohort, clip_id, self.decisions)
        self._clips.move_to_end(clip_id)
        while len(self._clips) > _KEPT_CLIPS:
            self._clips.popitem(last=False)
        return self._clips[clip_id]

    def accept(self, clip_id: str, frames: Sequence[int], *, target: str = "", seconds: float = math.nan) -> Decision:
        """Accept what is shown on these frames; target "": points and regions."""
        return self._judge(Action.ACCEPT, clip_id, frames, target, seconds)

    def reject(self, clip_id: str, frames: Sequence[int], *, target: str = "", seconds: float = math.nan) -> Decision:
        """Reject what is shown on these frames."""
        return self._judge(Action.REJECT, clip_id, frames, target, seconds)

    def move(
        self, clip_id: str, frame: int, xy: tuple[float, float], *, target: str = "", seconds: float = math.nan
    ) -> Decision:
        """Put the point there, pixels of the stored frame; the segment's other frames follow."""
        size = self.clip(clip_id).clip.size
        if not size.holds(*xy):
            raise BleedkitError(
                f"({xy[0]:.1f}, {xy[1]:.1f}) is outside the frame of {size}", "click inside, or mark it not visible"
            )
        return self._point(Action.MOVE, clip_id, [frame], target, xy=(float(xy[0]), float(xy[1])), seconds=seconds)

    def hide(self, clip_id: str, frames: Sequence[int], *, target: str = "", seconds: float = math.nan) -> Decision:
        """Say that the point is not to be seen on these frames; of one alone the segment's others follow."""
        return self._point(Action.HIDE, clip_id, frames, target, xy=None, seconds=seconds)

    def onset(self, clip_id: str, frame: int, *, seconds: float = math.nan) -> Decision:
        """Say which frame is the first that bleeds, or NEVER."""
        review = self.clip(clip_id)
        if not NEVER <= frame < review.clip.n_frames:
            raise BleedkitError(f"the clip has frames 0 to {review.clip.n_frames - 1}, not {frame}", "choose one of it")
        known = review.onset()
        before = _ids([known])
        return self._take(self._decision(Action.ONSET, clip_id, [frame], "onset", before=before, seconds=seconds))

    def redraw(
        self, clip_id: str, frame: int, mask: np.ndarray, *, target: str = "", seconds: float = math.nan
    ) -> Decision:
        """Put this region (H, W) bool, of the stored frame, in place of the one shown; an empty one says: none."""
        size = self.clip(clip_id).clip.size
        if mask.shape != (size.height, size.width) or mask.dtype != np.bool_:
            raise BleedkitError(
                f"a region must be {size} like its frame, got {mask.shape} {mask.dtype}", "draw it anew"
            )
        return self._region(Action.REDRAW, clip_id, frame, target, file=MaskFile.of(mask), seconds=seconds)

    def clear(self, clip_id: str, frame: int, *, target: str = "", seconds: float = math.nan) -> Decision:
        """Say that nothing bleeds actively on the frame."""
        size = self.clip(clip_id).clip.size
        file = empty_mask(size.width, size.height)
        return self._region(Action.CLEAR, clip_id, frame, target, file=file, seconds=seconds)

    def comment(self, clip_id: str, frame: int, text: str) -> Decision:
        """Leave a note; it stays in the log and makes no label."""
        if not text.strip():
            raise BleedkitError("an empty comment says nothing", "write one, or leave it")
        return self._take(self._decision(Action.COMMENT, clip_id, [frame], text=text.strip()))

    def undo(self, clip_id: str) -> Decision:
        """Take back the last decision on the clip that is not taken back yet."""
        last = self.clip(clip_id).undoable()
        if last is None:
            raise BleedkitError(f"nothing on {clip_id} is left to take back", "go on")
        return self._take(self._decision(Action.UNDO, clip_id, last.frames, last.target, undoes=last.number))

    def segment(self, clip_id: str, frame: int, target: str = POINT_TARGET) -> list[int]:
        """The frames between the human labels round `frame`, without those; where there is none, to the clip's end."""
        points = self.clip(clip_id).points(target)
        human = [at for at, point in points.items() if point.state is LabelState.HUMAN]
        first = max((at for at in human if at < frame), default=-1)
        last = min((at for at in human if at > frame), default=self.clip(clip_id).clip.n_frames)
        return [at for at in sorted(points) if first < at < last and at not in human]

    def _judge(self, action: Action, clip_id: str, frames: Sequence[int], target: str, seconds: float) -> Decision:
        shown = _on_frames(self.clip(clip_id), frames, target)
        if not shown:
            where = f"{clip_id} frame {frames[0]}" if frames else clip_id
            raise BleedkitError(
                f"there is no label on {where} to {action}",
                "click on the place, take a frame's guess with a, or go on with n",
            )
        return self._take(self._decision(action, clip_id, frames, target, before=_ids(shown), seconds=seconds))

    def _point(
        self,
        action: Action,
        clip_id: str,
        frames: Sequence[int],
        target: str,
        *,
        xy: tuple[float, float] | None,
        seconds: float,
    ) -> Decision:
        review, target = self.clip(clip_id), target or POINT_TARGET
        before = _ids([_current_point(review, frame, target) for frame in frames])
        decision = self._decision(action, clip_id, frames, target, before=before, seconds=seconds, xy=xy)
        if self._resmoother is not None:
            decision = self._resmoother.with_track(review, decision, self._images_of(clip_id))
        return self._take(decision)

    def _region(
        self, action: Action, clip_id: str, frame: int, target: str, *, file: MaskFile, seconds: float
    ) -> Decision:
        review, target = self.clip(clip_id), target or REGION_TARGET
        shown = [mask for mask in review.regions().get(frame, ()) if mask.target == target]
        path = self.cohort.folder / file.path
        if not path.exists():  # named by its content: the cohort's own tables may name it only later
            write_atomic(path, file.data)
        decision = self._decision(action, clip_id, [frame], target, before=_ids(shown), seconds=seconds)
        return self._take(replace(decision, mask=file.path, area=file.area))

    def _decision(
        self,
        action: Action,
        clip_id: str,
        frames: Iterable[int],
        target: str = "",
        *,
        before: tuple[str, ...] = (),
        seconds: float = math.nan,
        xy: tuple[float, float] | None = None,
        text: str = "",
        undoes: int = 0,
    ) -> Decision:
        frames, n_frames = tuple(frames), self.clip(clip_id).clip.n_frames
        outside = [frame for frame in frames if not NEVER <= frame < n_frames]
        if outside:
            raise BleedkitError(f"{clip_id} has frames 0 to {n_frames - 1}, not {outside[0]}", "choose one of it")
        return Decision(
            number=self.decisions[-1].number + 1 if self.decisions else 1,
            reviewer=self.reviewer,
            at_utc=utc_now(),
            code_version=__version__,
            action=action,
            clip_id=clip_id,
            frames=frames,
            target=target,
            before=before,
            seconds=seconds,
            xy=xy,
            text=text,
            undoes=undoes,
        )

    def _take(self, decision: Decision) -> Decision:
        taken = self.log.append(decision)
        self.decisions.append(taken)
        self.clip(taken.clip_id).take(taken)
        return taken


def _on_frames(review: ClipReview, frames: Sequence[int], target: str) -> list[Row]:
    """What is shown on these frames, of all targets where `target` is ""."""
    rows: list[Row] = []
    targets = {row.target for row in review.current() if isinstance(row, PointLabel)}
    for name in sorted(targets):
        points: Mapping[int, PointLabel] = review.points(name) if target in ("", name) else {}
        rows.extend(points[frame] for frame in frames if frame in points)
    regions = review.regions()
    rows.extend(mask for frame in frames for mask in regions.get(frame, ()) if target in ("", mask.target))
    return rows


def _current_point(review: ClipReview, frame: int, target: str) -> PointLabel | None:
    """What a correction replaces: the point shown, else one that was rejected."""
    shown = review.points(target).get(frame)
    if shown is not None:
        return shown
    rows = [row for row in review.current() if isinstance(row, PointLabel)]
    return next((row for row in reversed(rows) if (row.frame, row.target) == (frame, target)), None)


def _ids(rows: Iterable[PointLabel | MaskLabel | OnsetLabel | None]) -> tuple[str, ...]:
    return tuple(row.label_id for row in rows if row is not None)
