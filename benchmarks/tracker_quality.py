"""How far the point trackers stray when nothing corrects them: forward from each label, on clips with exact truth.

    python -m bleedkit.benchmarks.tracker_quality            six moving-texture clips, every tracker without weights

Every point is followed for 30 frames from each frame in which people would label it, with the corners round it as its
neighbours. Errors in pixels (480x360 pictures) of the frames in which the point is to be seen; `held` are those that
the tracker itself does not call hidden. The second table is of the tenth frame only, BleedOrigin's n of 4.1.2, and has
also a flow straight from the label to it.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from ..datasets.moving_texture import LABEL_EVERY, Truth, render
from ..datasets.progress import track
from ..models.corner_detector import CornerDetector
from ..models.point_tracker import PointTracker
from ..models.stage import CPU
from ..models.trackers import TRACKERS

TENTH: Final = 10


@dataclass(frozen=True, eq=False)
class Followed:
    """One point from one label on, where it is to be seen: after (N,) frames; error (N,) pixels; held (N,) bool."""

    after: np.ndarray
    error: np.ndarray
    held: np.ndarray


def follow_clip(tracker: PointTracker, images: Sequence[np.ndarray], truth: Truth, stride: int = 1) -> list[Followed]:
    """Every point from every label. stride: only every so many frames are shown to the tracker."""
    views = [tracker.encode(image) for image in images]
    found = []
    for first in range(0, len(images) - LABEL_EVERY, LABEL_EVERY):
        shown = np.arange(first, first + LABEL_EVERY + 1, stride)
        gray = cv2.cvtColor(images[first], cv2.COLOR_RGB2GRAY)
        for point in np.flatnonzero(truth.visible[first]):
            start = truth.xy[first, point]
            points = np.vstack([start[None], CornerDetector().detect(gray, start)])
            tracks = tracker.track([views[t] for t in shown], points)
            error = np.linalg.norm(tracks.xy[:, 0] - truth.xy[shown, point], axis=1)
            judged = truth.visible[shown, point] & (shown > first)
            found.append(Followed((shown - first)[judged], error[judged], ~tracks.hidden[judged, 0]))
    return found


def measure(clips: int, seed: int) -> dict[str, list[Followed]]:
    """By way: every tracker that needs no weights, and dense flow at every tenth frame."""
    ways: dict[str, tuple[str, int]] = {name: (name, 1) for name, stage in TRACKERS.items() if not stage.weights}
    ways["dense_flow, straight"] = ("dense_flow", TENTH)
    trackers = {name: TRACKERS[name].build(CPU) for name, _ in ways.values()}
    found: dict[str, list[Followed]] = {way: [] for way in ways}
    for clip in track(range(clips), "follow", clips):
        images, truth = render(91, np.random.default_rng([seed, clip]))
        for way, (name, stride) in ways.items():
            found[way] += follow_clip(trackers[name], images, truth, stride)
    return found


def rows(found: dict[str, list[Followed]], after: int | None = None) -> Iterator[str]:
    """A table, of all frames or of those `after` so many only."""
    yield f"{'':24s}{'n':>6s}{'mean':>8s}{'median':>8s}{'<=5 px':>8s}{'<=10 px':>8s}{'held':>8s}{'mean':>8s}"
    for way, parts in found.items():
        use = np.concatenate([part.after for part in parts])
        error = np.concatenate([part.error for part in parts])
        held = np.concatenate([part.held for part in parts])
        if after is not None:
            error, held = error[use == after], held[use == after]
        elif "straight" in way:
            continue
        shares = "".join(f"{np.mean(error <= limit):8.1%}" for limit in (5, 10))
        kept = f"{held.mean():8.1%}{error[held].mean():8.2f}"
        yield f"{way:24s}{len(error):6d}{error.mean():8.2f}{np.median(error):8.2f}{shares}{kept}"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    found = measure(asked.clips, asked.seed)
    print(f"all {LABEL_EVERY} frames", *rows(found), sep="\n")
    print(f"\nframe {TENTH} only", *rows(found, TENTH), sep="\n")


if __name__ == "__main__":
    main()
