"""Worklist: one reviewer's queue and progress; only clips that changed are worked out anew.

All clips are looked at once, at the start; reading each by itself would take a large cohort minutes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from ...datasets.cohort import Cohort
from ...datasets.schema import OnsetLabel, ReviewItem
from ...datasets.table_file import TableByClip, typed_rows
from ...datasets.transaction import current
from .clip_review import ClipReview
from .decision import Action, Decision
from .decision_rows import Row
from .queue import Order, Progress, QueueItem, ReviewQueue


@dataclass
class Worklist:
    """clips: the reviewer's own. review_of, order, scenarios: as of ReviewQueue. first: see `first_look`."""

    clips: Sequence[str]
    review_of: Callable[[str], ClipReview]
    order: Order = "gain"
    scenarios: Mapping[str, Sequence[str]] = field(default_factory=dict)
    first: Iterator[ClipReview] = field(default_factory=lambda: iter(()))
    _counts: dict[str, Progress] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._queue = ReviewQueue(self.clips, self._looked_at, self.order, scenarios=self.scenarios)

    def items(self) -> list[QueueItem]:
        """What is left, most urgent first."""
        return self._queue.items()

    def changed(self, clip_id: str) -> None:
        """Say that something was decided on the clip."""
        self._counts.pop(clip_id, None)
        self._queue.changed(clip_id)

    def progress(self, decisions: Iterable[Decision]) -> Progress:
        """How far these clips are, by the reviewer's decisions."""
        self.items()  # counts what was not looked at yet
        counts, own = self._counts.values(), set(self.clips)
        mine = [one for one in decisions if one.clip_id in own and one.action is not Action.UNDO]
        times = [one.seconds for one in mine if one.seconds == one.seconds]
        return Progress(
            settled=sum(count.settled for count in counts),
            frames=sum(count.frames for count in counts),
            decisions=len(mine),
            seconds=median(times) if times else float("nan"),
        )

    def _looked_at(self, clip_id: str) -> ClipReview:
        """The clip, for its items; counted on the way."""
        review = next(self.first, None)
        if review is None or review.clip.clip_id != clip_id:
            review = self.review_of(clip_id)
        self._counts[clip_id] = ReviewQueue([clip_id], lambda _: review).progress(())
        return review


def first_look(cohort: Cohort, clips: Sequence[str], decisions: Sequence[Decision]) -> Iterator[ClipReview]:
    """The clips, in id order, with what the queue hangs on: points, onsets, frames given up.

    Whole where something was decided.
    """
    decided = {decision.clip_id for decision in decisions}
    points = TableByClip(current(cohort.folder, "points.parquet"), "points")
    onsets: dict[str, list[OnsetLabel]] = {}
    for onset in cohort.onsets(history=True):
        onsets.setdefault(onset.clip_id, []).append(onset)
    flagged: dict[str, dict[tuple[int, str], ReviewItem]] = {}
    for item in cohort.review_items():
        flagged.setdefault(item.clip_id, {})[item.frame, item.target] = item
    for clip_id in clips:
        if clip_id in decided:
            yield ClipReview.of(cohort, clip_id, decisions)
        else:
            read = [*typed_rows("points", points.take(clip_id)), *onsets.get(clip_id, ())]
            rows: dict[str, Row] = {row.label_id: row for row in read}
            yield ClipReview(cohort.clip(clip_id), [], rows, flagged.get(clip_id, {}))
