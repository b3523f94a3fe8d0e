"""The queue: where a reviewer's next look helps most, and how far the work has come."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from statistics import median
from typing import Final, Literal

import numpy as np

from ...datasets.schema import LabelState, PointLabel, Review, ReviewItem
from ...models.point_tracker import REFERENCE_WIDTH
from .clip_review import ClipReview
from .decision import Action, Decision
from .decision_rows import POINT_TARGET

Order = Literal["gain", "random", "temporal"]
ORDERS: Final[tuple[Order, ...]] = ("gain", "random", "temporal")
FLAGGED_PX: Final = 40.0  # what a frame is off, of REFERENCE_WIDTH, where the engine gave it up: its raw tracks' mean
REACH: Final = 15.0  # frames to each side that a correction helps, falling off evenly
_COVERAGE: Final = 1.0  # how much more a scenario counts that nobody has looked at yet


@dataclass(frozen=True)
class QueueItem:
    """A run of frames of one target between two people's labels, to be settled by a look at one of them.

    frame: where to look; frames: the run, which can be accepted as a whole. gain: pixels of error, of a picture
    REFERENCE_WIDTH wide, that the look is expected to take away, summed over frames. why: in words.
    """

    clip_id: str
    target: str
    frame: int
    frames: tuple[int, ...]
    gain: float
    why: str


@dataclass(frozen=True)
class Progress:
    """settled, frames: frames of targets that a person has settled, of all. seconds: median of a decision's time."""

    settled: int
    frames: int
    decisions: int
    seconds: float


@dataclass
class ReviewQueue:
    """The work on some clips. review_of: the clip as the reviewer has it now; scenarios: of each clip, by clip_id.

    Items of a clip are worked out anew when it changed. Nothing is lost when the queue is: it hangs on labels alone.
    """

    clips: Sequence[str]
    review_of: Callable[[str], ClipReview]
    order: Order = "gain"
    seed: int = 0
    scenarios: Mapping[str, Sequence[str]] = field(default_factory=dict)
    _items: dict[str, list[QueueItem]] = field(default_factory=dict, init=False)
    _looked: dict[str, int] = field(default_factory=dict, init=False)

    def items(self) -> list[QueueItem]:
        """What is left, most urgent first; `temporal` begins each run at its first frame, `random` anywhere."""
        left = [item for clip_id in self.clips for item in self._of_clip(clip_id)]
        if self.order == "gain":
            return sorted(left, key=lambda item: (-self._expected(item), item.clip_id, item.frame))
        if self.order == "temporal":
            return [replace(item, frame=item.frames[0]) for item in left]
        rng = np.random.default_rng(self.seed)
        drawn = [replace(item, frame=int(rng.choice(item.frames))) for item in left]
        return [drawn[place] for place in rng.permutation(len(drawn))]

    def next(self) -> QueueItem | None:
        """The most urgent item; None where all is settled."""
        items = self.items()
        return items[0] if items else None

    def changed(self, clip_id: str) -> None:
        """Say that something was decided on the clip."""
        self._items.pop(clip_id, None)
        for scenario in self.scenarios.get(clip_id, ()):
            self._looked[scenario] = self._looked.get(scenario, 0) + 1

    def progress(self, decisions: Iterable[Decision]) -> Progress:
        """How far these clips are."""
        frames = settled = 0
        for clip_id in self.clips:
            review = self.review_of(clip_id)
            for target in targets_of(review):
                places = set(review.points(target)) | {frame for frame, name in review.flagged if name == target}
                rejected = len(review.rejected(target))
                frames += len(places) + rejected
                settled += rejected + sum(review.is_settled(frame, target) for frame in places)
            contested = review.contested()
            points = sum(target in targets_of(review) for _, target in contested)
            frames, settled = frames + len(contested) - points, settled - points
        mine = [one for one in decisions if one.clip_id in set(self.clips) and one.action is not Action.UNDO]
        times = [one.seconds for one in mine if one.seconds == one.seconds]
        return Progress(settled, frames, len(mine), median(times) if times else float("nan"))

    def _of_clip(self, clip_id: str) -> list[QueueItem]:
        if clip_id not in self._items:
            self._items[clip_id] = clip_items(self.review_of(clip_id))
        return self._items[clip_id]

    def _expected(self, item: QueueItem) -> float:
        """A scenario that was looked at less counts more."""
        looked = [self._looked.get(scenario, 0) for scenario in self.scenarios.get(item.clip_id, ())]
        return item.gain * (1 + _COVERAGE / (1 + min(looked))) if looked else item.gain


def assigned(clips: Sequence[str], reviewers: Sequence[str], reviewer: str) -> list[str]:
    """The clips of one of several reviewers: whole clips, in turn, so that all get equally many."""
    if reviewer not in reviewers:
        raise ValueError(f"{reviewer} is none of {', '.join(reviewers)}")
    return list(clips)[sorted(reviewers).index(reviewer) :: len(reviewers)]


def targets_of(review: ClipReview) -> list[str]:
    """Targets of the clip's points, labelled or flagged."""
    labelled = {row.target for row in review.current() if isinstance(row, PointLabel)}
    return sorted(labelled | {target for _, target in review.flagged}) or [POINT_TARGET]


def clip_items(review: ClipReview) -> list[QueueItem]:
    """The clip's open runs, in order of time: between people's labels, every frame that no person has settled.

    Where people disagree, a frame by itself.
    """
    found: list[QueueItem] = []
    for target in targets_of(review):
        points = review.points(target)
        guesses = {frame: item for (frame, name), item in review.flagged.items() if name == target}
        human = {frame for frame, point in points.items() if point.state is LabelState.HUMAN}
        frames = sorted((set(points) | set(guesses)) - human)
        bounds = sorted(human)
        for _, run in groupby(frames, key=lambda frame: int(np.searchsorted(bounds, frame))):
            open_ = [frame for frame in run if not review.is_settled(frame, target)]
            if open_:
                found.append(_item(review, target, open_, points, guesses))
    for (frame, target), item in review.contested().items():
        found.append(QueueItem(review.clip.clip_id, target, frame, (frame,), FLAGGED_PX, item.reason))
    return sorted(found, key=lambda item: (item.frame, item.target))


def _item(
    review: ClipReview,
    target: str,
    frames: Sequence[int],
    points: Mapping[int, PointLabel],
    guesses: Mapping[int, ReviewItem],
) -> QueueItem:
    """One look at the frame from which a correction takes away most."""
    expected = expected_errors(review, target, frames, points, guesses)
    at = np.array(frames, float)
    help_ = np.clip(1 - np.abs(at[:, None] - at) / REACH, 0, 1) @ expected
    best = int(np.argmax(help_))
    flagged = sum(frame in guesses for frame in frames)
    why = guesses[frames[best]].reason if frames[best] in guesses else f"uncertain by {expected[best]:.1f} px"
    why = f"{why}; {flagged} of {len(frames)} frames flagged" if flagged else why
    return QueueItem(review.clip.clip_id, target, frames[best], tuple(frames), float(help_[best]), why)


def expected_errors(
    review: ClipReview,
    target: str,
    frames: Sequence[int],
    points: Mapping[int, PointLabel],
    guesses: Mapping[int, ReviewItem],
) -> np.ndarray:
    """How far each frame's point is expected to be off, (N,), pixels of a picture REFERENCE_WIDTH wide.

    A label's own uncertainty; its jump, where it does not lie between its neighbours (the innovation); how far a
    model's label lies from it. FLAGGED_PX where the engine gave the frame up.
    """
    scale = REFERENCE_WIDTH / review.clip.size.width
    others = _others(review, target)
    jumps = _jumps({at: points[at] for at in range(frames[0] - 1, frames[-1] + 2) if at in points})
    found = np.zeros(len(frames))
    for i, frame in enumerate(frames):
        point = points.get(frame)
        if point is None or frame in guesses:
            found[i] = FLAGGED_PX
            continue
        sigma = ((point.var_x + point.var_y) / 2) ** 0.5 if point.var_x == point.var_x else FLAGGED_PX / 4 / scale
        apart = [((p.x - point.x) ** 2 + (p.y - point.y) ** 2) ** 0.5 for p in others.get(frame, ()) if p.visible]
        found[i] = scale * float(np.hypot(sigma, max([*apart, jumps.get(frame, 0.0)])))
    return found


def _others(review: ClipReview, target: str) -> Mapping[int, list[PointLabel]]:
    """Labels by models that a more trusted one hides."""
    found: dict[int, list[PointLabel]] = {}
    for row in review.current():
        is_other = isinstance(row, PointLabel) and row.state is LabelState.MODEL and row.target == target
        if is_other and isinstance(row, PointLabel) and row.review is not Review.REJECTED:
            found.setdefault(row.frame, []).append(row)
    return found


def _jumps(points: Mapping[int, PointLabel]) -> Mapping[int, float]:
    """How far a point lies from the middle of its two neighbours, pixels, where all three are visible."""
    seen = [(frame, point) for frame, point in sorted(points.items()) if point.visible]
    found: dict[int, float] = {}
    for ((before, a), (frame, b)), (_, (after, c)) in pairwise(pairwise(seen)):
        if after - before == 2:
            found[frame] = float(np.hypot(b.x - (a.x + c.x) / 2, b.y - (a.y + c.y) / 2))
    return found
