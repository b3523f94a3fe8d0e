"""A reviewer who knows the truth, and how much better the labels are after each look: what an order of work is worth.

    python -m bleedkit.annotate.review.simulated_reviewer COHORT --out review.png

COHORT: a simulated one with pseudo-labels. It is copied for each order; the copy alone is reviewed.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ...datasets.cohort import Cohort
from ...datasets.errors import BleedkitError
from ...datasets.media import clip_images
from ...datasets.progress import counting
from ...datasets.schema import LabelState, PointLabel
from ...models.point_tracker import REFERENCE_WIDTH, scaled
from ...pseudolabel.known_truth import TargetTruth, known_truth
from .queue import ORDERS, REACH, Order, QueueItem, ReviewQueue, targets_of
from .resmooth import Images, Resmoother
from .session import ReviewSession

TOLERANCE: Final = 10.0  # a point this near is accepted, pixels of REFERENCE_WIDTH
CLICK_SD: Final = 1.5  # of the reviewer's own clicks per axis, as of any annotator (label_noise.LABEL_SD)
Truths = Mapping[str, Mapping[str, TargetTruth]]


@dataclass(frozen=True, eq=False)
class ReviewCurve:
    """error (K + 1,): mean error over all frames between people's labels after 0, 1, ... K looks, pixels of the frames.

    frames: how many those are. full: the error after a look at each of them without the engine's help: what is near
    enough is accepted as it is, all else is clicked.
    """

    order: Order
    error: np.ndarray
    frames: int
    full: float

    @property
    def looked(self) -> np.ndarray:
        """Share of the frames that were looked at, (K + 1,)."""
        return np.arange(len(self.error)) / self.frames

    @property
    def gain(self) -> np.ndarray:
        """Share of what a full review gains, (K + 1,)."""
        return (self.error[0] - self.error) / (self.error[0] - self.full)

    def gain_after(self, share: float) -> float:
        """The gain after looks at that share of the frames."""
        return float(self.gain[min(int(share * self.frames), len(self.gain) - 1)])


class _Reviewer:
    """Looks at what the queue says; corrects what is off, accepts what is not."""

    def __init__(self, cohort: Cohort, order: Order, seed: int, *, resmooth: bool) -> None:
        self.cohort = cohort
        resmoother = Resmoother() if resmooth else None
        self.session = ReviewSession(cohort, "simulated", images_of=self._images_of, resmoother=resmoother)
        self.clips = list(cohort.clips)
        self.truths: Truths = {clip_id: known_truth(cohort, clip_id) for clip_id in self.clips}
        scenarios = {clip_id: clip.scenarios for clip_id, clip in cohort.clips.items()}
        self.queue = ReviewQueue(self.clips, self.session.clip, order, seed, scenarios)
        self._rng = np.random.default_rng(seed)
        self.errors = {clip_id: self._clip_errors(clip_id) for clip_id in self.clips}

    def look(self, item: QueueItem) -> None:
        """One look at one frame."""
        truth = self.truths[item.clip_id][item.target]
        review = self.session.clip(item.clip_id)
        point, width = review.points(item.target).get(item.frame), review.clip.size.width
        true = truth.xy[item.frame]
        near = point is not None and np.hypot(point.x - true[0], point.y - true[1]) <= scaled(TOLERANCE, width)
        if point is not None and near:
            reach = [f for f in item.frames if abs(f - item.frame) <= REACH]
            shown = review.points(item.target)
            self.session.accept(item.clip_id, [f for f in reach if f in shown], target=item.target)
        else:
            self._correct(item, true, width)
        self.queue.changed(item.clip_id)
        self.errors[item.clip_id] = self._clip_errors(item.clip_id)

    def mean_error(self) -> float:
        """Over all frames between people's labels, pixels."""
        return float(np.concatenate(list(self.errors.values())).mean())

    def full_error(self) -> float:
        """The mean error after a look at every frame as it is now; see ReviewCurve."""
        click = CLICK_SD / REFERENCE_WIDTH * (np.pi / 2) ** 0.5  # mean length of a two-dimensional error
        after = []
        for clip_id, errors in self.errors.items():
            width = self.cohort.clip(clip_id).size.width
            kept = (errors <= scaled(TOLERANCE, width)) & self._labelled(clip_id)
            after.append(np.where(kept, errors, click * width))
        return float(np.concatenate(after).mean())

    def _correct(self, item: QueueItem, true: np.ndarray, width: int) -> None:
        size = self.session.clip(item.clip_id).clip.size
        x, y = true + self._rng.normal(0, scaled(CLICK_SD, width), 2)
        if not size.holds(x, y):
            self.session.hide(item.clip_id, [item.frame], target=item.target)
        else:
            self.session.move(item.clip_id, item.frame, (float(x), float(y)), target=item.target)

    def _labelled(self, clip_id: str) -> np.ndarray:
        """Of the frames of `errors`, those that have a label and not only a guess, (N,) bool."""
        return np.array([labelled for _, labelled in self._shown(clip_id)], bool)

    def _clip_errors(self, clip_id: str) -> np.ndarray:
        """Of every frame whose place the truth knows and no label of the source dataset tells, (N,) pixels."""
        return np.array([error for error, _ in self._shown(clip_id)], float)

    def _shown(self, clip_id: str) -> Iterator[tuple[float, bool]]:
        """Each frame's error, and whether it is a label's and not only a guess's."""
        review = self.session.clip(clip_id)
        for target in targets_of(review):
            truth, size = self.truths[clip_id][target], review.clip.size
            labels = {frame: (point.x, point.y) for frame, point in review.points(target).items()}
            guesses = {frame: (item.x, item.y) for (frame, name), item in review.flagged.items() if name == target}
            given = {p.frame for p in self._given(clip_id) if p.target == target}
            for frame, (x, y) in sorted({**labels, **guesses}.items()):
                if frame not in given and size.holds(*truth.xy[frame]):
                    off = float(np.hypot(x - truth.xy[frame, 0], y - truth.xy[frame, 1]))
                    lost = np.hypot(size.width, size.height) / 4  # nothing is said at all
                    yield off if np.isfinite(off) else float(lost), frame in labels

    def _given(self, clip_id: str) -> list[PointLabel]:
        """The source dataset's own labels."""
        labels = self.cohort.points(clip_id, history=True)
        return [point for point in labels if point.state is LabelState.HUMAN and point.annotator != "simulated"]

    def _images_of(self, clip_id: str) -> Images:
        def images(frames: Sequence[int]) -> Iterator[tuple[int, np.ndarray]]:
            clip = self.cohort.clip(clip_id)
            return clip_images(self.cohort.media_root, clip, self.cohort.frames(clip_id), frames)

        return images


def review_curve(
    cohort: Cohort, order: Order, *, most: float = 0.3, seed: int = 0, resmooth: bool = True
) -> ReviewCurve:
    """Review a cohort in one order until the share `most` of its frames is looked at, or nothing is left.

    resmooth: corrections re-track their segment. Raises BleedkitError where the cohort is not simulated.
    """
    if not any(known_truth(cohort, clip_id) for clip_id in cohort.clips):
        raise BleedkitError(f"{cohort.folder} has no exact truth", "make one with 'bleedkit data phantom'")
    reviewer = _Reviewer(cohort, order, seed, resmooth=resmooth)
    frames = sum(len(errors) for errors in reviewer.errors.values())
    error, full = [reviewer.mean_error()], reviewer.full_error()
    with counting(f"review by {order}", int(most * frames)) as advance:
        while len(error) <= most * frames and (item := reviewer.queue.next()) is not None:
            reviewer.look(item)
            error.append(reviewer.mean_error())
            advance()
    return ReviewCurve(order, np.array(error), frames, full)


def compare_orders(cohort: Cohort, orders: Sequence[Order] = ORDERS, *, most: float = 0.3) -> list[ReviewCurve]:
    """The same cohort reviewed in each order, each time on a copy of its own."""
    found = []
    for order in orders:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "cohort"
            shutil.copytree(cohort.folder, copy, ignore=shutil.ignore_patterns("media", "review"))
            found.append(review_curve(Cohort(copy, cohort.media_root), order, most=most))
    return found


def draw_curves(curves: Sequence[ReviewCurve], out: Path) -> None:
    """Gain against looks, one line an order."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for curve in curves:
        axes.plot(100 * curve.looked, 100 * curve.gain, label=f"{curve.order}, {100 * curve.gain_after(0.1):.0f} %")
    axes.axhline(95, color="0.6", lw=0.8, ls="--")
    axes.axvline(10, color="0.6", lw=0.8, ls="--")
    axes.set(xlabel="frames looked at, %", ylabel="of a full review's gain, %", ylim=(0, None), xlim=(0, None))
    axes.legend(title="order, gain after 10 %", loc="lower right", frameon=False)
    figure.savefig(out, dpi=130)


def main() -> None:
    """The command above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--out", type=Path, default=Path("review.png"))
    parser.add_argument("--most", type=float, default=0.3, help="share of the frames to look at")
    chosen = parser.parse_args()
    curves = compare_orders(Cohort(chosen.cohort), most=chosen.most)
    for curve in curves:
        print(
            f"{curve.order:<9} {curve.frames} frames, {curve.error[0]:.2f} px before, {curve.full:.2f} px at best;"
            f" gain after 5/10/20 %: {curve.gain_after(0.05):.3f} {curve.gain_after(0.1):.3f}"
            f" {curve.gain_after(0.2):.3f}; last {curve.error[-1]:.2f} px after {100 * curve.looked[-1]:.0f} %"
        )
    draw_curves(curves, chosen.out)


if __name__ == "__main__":
    main()
