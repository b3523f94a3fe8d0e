"""ClipReview: one clip as a reviewer has it on the screen, decision after decision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...datasets.cohort import ClipView, Cohort, most_trusted
from ...datasets.schema import Clip, Frame, LabelState, MaskLabel, OnsetLabel, PointLabel, Review, ReviewItem
from .decision import Action, Decision
from .decision_rows import Change, Label, Row, changes_of


@dataclass
class ClipReview:
    """rows: every row by label_id, the cohort's and those that the reviewer's decisions made; later ones come later.

    items: frames that the cohort's last run would not label. changes: of each decision, by number.
    """

    clip: Clip
    frames: Sequence[Frame]
    rows: dict[str, Row]
    items: Mapping[tuple[int, str], ReviewItem]
    decisions: list[Decision] = field(default_factory=list)
    changes: dict[int, list[Change]] = field(default_factory=dict)
    _points: dict[str, Mapping[int, PointLabel]] = field(default_factory=dict, init=False)  # until the next decision

    @classmethod
    def of(cls, cohort: Cohort, clip_id: str, decisions: Iterable[Decision]) -> "ClipReview":
        """The clip as the cohort has it, with a reviewer's decisions on top, pulled already or not."""
        rows: dict[str, Row] = {}
        for read in (cohort.points, cohort.masks, cohort.onsets):
            rows.update({row.label_id: row for row in read(clip_id, history=True)})
        items = {(item.frame, item.target): item for item in cohort.review_items(clip_id)}
        review = cls(cohort.clip(clip_id), cohort.frames(clip_id), rows, items)
        for decision in decisions:
            if decision.clip_id == clip_id:
                review.take(decision)
        return review

    def take(self, decision: Decision) -> list[Change]:
        """Let a decision count; returns its changes. Raises KeyError where it names rows that are not there."""
        changes = changes_of(decision, self.rows, self.changes)
        for change in changes:
            self.rows.pop(change.row.label_id, None)  # read from the cohort already; its place is after its base
            self.rows[change.row.label_id] = change.row
        self._points.clear()
        self.decisions.append(decision)
        self.changes[decision.number] = changes
        return changes

    def current(self) -> list[Row]:
        """Rows that no other replaces."""
        replaced = {row.supersedes for row in self.rows.values()}
        return [row for row in self.rows.values() if row.label_id not in replaced]

    @property
    def flagged(self) -> dict[tuple[int, str], ReviewItem]:
        """Frames, with target, that the engine would not label and nobody did since: the reason and a guess.

        None from before the onset that a person gave: there is nothing to be found there.
        """
        no_points = {row.target for row in self.rows.values() if not isinstance(row, PointLabel)}
        found = {place: item for place, item in self.items.items() if place[1] not in no_points}
        undone = {decision.undoes for decision in self.decisions}
        for decision in self.decisions:
            for point in decision.track if decision.number not in undone else ():
                place = (point.frame, decision.target)
                found.pop(place, None)
                if point.reason:
                    found[place] = ReviewItem(
                        self.clip.clip_id, point.frame, decision.target, point.reason, "", point.x, point.y
                    )
        labelled = {
            (row.frame, row.target)
            for row in self.current()
            if isinstance(row, PointLabel) and row.review is not Review.REJECTED
        }
        begins = self._begins()
        return {place: item for place, item in sorted(found.items()) if place not in labelled and place[0] >= begins}

    def _begins(self) -> int:
        """The first frame that may bleed: by the onset that a reviewer settled, else by the earliest of people's."""
        shown = self.onset()
        if shown is None or shown.state is not LabelState.HUMAN:
            return 0
        if shown.review is not Review.UNREVIEWED:
            return shown.frame
        said = [row for row in self.current() if isinstance(row, OnsetLabel) and row.state is LabelState.HUMAN]
        return min(row.frame for row in said if row.review is not Review.REJECTED)

    def contested(self) -> dict[tuple[int, str], ReviewItem]:
        """Places that are listed though several people labelled them, as they disagree, and no reviewer spoke since.

        Points and regions by frame and target; an onset, which is said of the clip, where it is listed.
        """
        listed = {place[1]: place for place in self.items}
        said: dict[tuple[int, str], list[Row]] = {}
        for row in self.current():
            place = listed.get(row.target) if isinstance(row, OnsetLabel) else (row.frame, row.target)
            if (
                place is not None
                and place in self.items
                and row.state is LabelState.HUMAN
                and row.review is not Review.REJECTED
            ):
                said.setdefault(place, []).append(row)
        open_ = {
            place
            for place, rows in said.items()
            if len({row.annotator for row in rows}) > 1 and all(row.review is Review.UNREVIEWED for row in rows)
        }
        return {place: self.items[place] for place in sorted(open_)}

    def points(self, target: str = "source") -> Mapping[int, PointLabel]:
        """The point to show, by frame: the most trusted of those that nobody rejected."""
        if target not in self._points:
            rows = [row for row in self.current() if isinstance(row, PointLabel) and row.target == target]
            self._points[target] = _shown(rows)
        return self._points[target]

    def regions(self) -> dict[int, list[MaskLabel]]:
        """The region to show of each target, by frame."""
        masks = [row for row in self.current() if isinstance(row, MaskLabel)]
        found: dict[int, list[MaskLabel]] = {}
        for target in sorted({mask.target for mask in masks}):
            for frame, mask in _shown([mask for mask in masks if mask.target == target]).items():
                found.setdefault(frame, []).append(mask)
        return found

    def onset(self) -> OnsetLabel | None:
        """The onset to show; None where nobody said."""
        return most_trusted(row for row in self.current() if isinstance(row, OnsetLabel))

    def view(self) -> ClipView:
        """The clip as the engine and the exporters take it."""
        current = self.current()
        return ClipView(
            self.clip,
            self.frames,
            sorted((row for row in current if isinstance(row, PointLabel)), key=lambda row: row.frame),
            sorted((row for row in current if isinstance(row, MaskLabel)), key=lambda row: row.frame),
            [row for row in current if isinstance(row, OnsetLabel)],
        )

    def undoable(self) -> Decision | None:
        """The last decision that was not taken back yet; a comment stays."""
        undone = {decision.undoes for decision in self.decisions}
        left = [
            one
            for one in self.decisions
            if one.number not in undone and one.action not in (Action.UNDO, Action.COMMENT)
        ]
        return left[-1] if left else None

    def rejected(self, target: str = "source") -> set[int]:
        """Frames whose only point is one that a reviewer rejected."""
        said = {row.frame for row in self.current() if isinstance(row, PointLabel) and row.target == target}
        return said - set(self.points(target)) - {frame for frame, name in self.flagged if name == target}

    def is_settled(self, frame: int, target: str = "source") -> bool:
        """Whether a person labelled the frame's point, or judged the one that is there."""
        point = self.points(target).get(frame)
        return point is not None and (point.state == "human" or point.review is not Review.UNREVIEWED)


def _shown(rows: Sequence[Label]) -> dict[int, Label]:
    by_frame: dict[int, list[Label]] = {}
    for row in rows:
        by_frame.setdefault(row.frame, []).append(row)
    best = {frame: most_trusted(several) for frame, several in by_frame.items()}
    return {frame: row for frame, row in best.items() if row is not None}
