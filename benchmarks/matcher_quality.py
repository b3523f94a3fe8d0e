"""How many matches each matcher finds round a bleeding source, and how many are right: by the truth of phantom clips.

    python -m bleedkit.benchmarks.matcher_quality                                     sift, which needs no weights
    python -m bleedkit.benchmarks.matcher_quality --weights xfeat=xfeat.pt --weights lighterglue=xfeat-lighterglue.pt
    python -m bleedkit.benchmarks.matcher_quality --picture docs/matches.jpg          draws the matches too

Two frames a second apart of 1240x1080 phantom clips with breathing, camera motion, light and fresh blood; keypoints
within 50 px of the source in both (BleedOrigin 4.2.1). Right is within 5 px of where the tissue went; sure is a
confidence above 0.7. Matches and CPU milliseconds are of one pair of frames, on one thread.
"""

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from ..datasets.phantom.config import PatientLook, PhantomClip
from ..datasets.phantom.render import render_clip
from ..datasets.progress import track
from ..datasets.schema import ImageSize
from ..models.matcher import Disc, Matcher, Matches
from ..models.matchers import MATCHERS
from ..models.stage import Resources

RADIUS: Final = 50.0
SURE: Final = 0.7
RIGHT: Final = 5.0
_SITES: Final = ("gastric body", "ascending colon", "esophagus", "gallbladder")


@dataclass(frozen=True, eq=False)
class Pair:
    """Two frames, the source in each, and where the tissue of the first frame's pixels went: (H, W, 2), x and y."""

    frames: tuple[np.ndarray, np.ndarray]
    sources: tuple[np.ndarray, np.ndarray]
    carried: np.ndarray

    @property
    def discs(self) -> tuple[Disc, Disc]:
        """Where keypoints are wanted."""
        first, second = self.sources
        return Disc(first, RADIUS), Disc(second, RADIUS)

    def error(self, found: Matches) -> np.ndarray:
        """How far each match is from the truth: (N,) pixels."""
        return np.linalg.norm(found.second - _sample(self.carried, found.first), axis=1)


def phantom_pair(seed: int, frames: int = 31) -> Pair:
    """The first and the last frame of a phantom clip that bleeds from the start."""
    site = _SITES[seed % len(_SITES)]
    size = ImageSize(1240, 1080)
    clip = PhantomClip(seed, size, frames, 30, PatientLook.of(seed, site), site, onset_frame=0, scenarios={})
    columns, rows = np.meshgrid(np.arange(size.width) + 0.5, np.arange(size.height) + 0.5)
    carried = np.stack([columns, rows], axis=-1).astype(np.float32)
    shown: list[tuple[np.ndarray, np.ndarray]] = []
    for frame in render_clip(clip):
        shown.append((frame.rgb, np.array([frame.sources[0].x, frame.sources[0].y], np.float32)))
        if frame.flow is not None:
            carried = carried + _sample(frame.flow, carried)
    (first, source), (last, moved) = shown[0], shown[-1]
    return Pair((first, last), (source, moved), carried)


def measure(matcher: Matcher, pairs: list[Pair]) -> str:
    """One row of the table."""
    errors, confidences, spent = [], [], 0.0
    for pair in pairs:
        begin = time.process_time()
        found = matcher.match(*pair.frames, *pair.discs)
        spent += time.process_time() - begin
        errors.append(pair.error(found))
        confidences.append(found.confidence)
    right, sure = np.concatenate(errors) <= RIGHT, np.concatenate(confidences) > SURE
    both = right & sure
    cells = (
        f"{len(right) / len(pairs):.0f}",
        f"{right.mean():.0%}",
        f"{sure.sum() / len(pairs):.0f}",
        f"{both.sum() / max(1, sure.sum()):.0%}",
        f"{both.sum() / max(1, right.sum()):.0%}",
        f"{np.median(np.concatenate(errors)[both]) if both.any() else float('nan'):.2f}",
        f"{1e3 * spent / len(pairs):.0f}",
    )
    return " | ".join(cells)


def draw(pairs: list[Pair], matchers: Mapping[str, Matcher], path: Path) -> None:
    """A row a clip and a column a matcher: both frames side by side, green right, red wrong, faint where not sure."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    size = (5 * len(matchers), 2.7 * len(pairs))
    figure, axes = pyplot.subplots(len(pairs), len(matchers), figsize=size, squeeze=False)
    for row, pair in zip(axes, pairs, strict=True):
        for axis, (name, matcher) in zip(row, matchers.items(), strict=True):
            matches = matcher.match(*pair.frames, *pair.discs)
            right, sure = pair.error(matches) <= RIGHT, matches.confidence > SURE
            _draw_one(axis, pair, matches)
            axis.set_title(f"{name}: {sure.sum()} above {SURE}, {right[sure].sum()} of them right", fontsize=11)
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


def _draw_one(axis: Any, pair: Pair, matches: Matches) -> None:
    from matplotlib.patches import Circle

    half = int(1.5 * RADIUS)
    aside = np.array([2.1 * half, 0])
    for place, (frame, source) in enumerate(zip(pair.frames, pair.sources, strict=True)):
        x, y = (int(v) for v in source)
        left, _ = place * aside
        axis.imshow(frame[y - half : y + half, x - half : x + half], extent=(left, left + 2 * half, 2 * half, 0))
        axis.add_patch(Circle((left + half, half), RADIUS, fill=False, color="white", lw=0.8))
    starts = matches.first - pair.sources[0].astype(int) + half
    ends = matches.second - pair.sources[1].astype(int) + half + aside
    right, sure = pair.error(matches) <= RIGHT, matches.confidence > SURE
    for start, end, ok, firm in zip(starts, ends, right, sure, strict=True):
        look = {"lw": 1.0, "alpha": 0.9} if firm else {"lw": 0.5, "alpha": 0.25}
        axis.plot(*zip(start, end, strict=True), color="#2ca02c" if ok else "#d62728", **look)
    axis.set(xlim=(0, 4.1 * half), ylim=(2 * half, 0))
    axis.axis("off")


def main() -> None:
    """Print a table; with --picture draw the matches."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--weights", action="append", default=[], metavar="NAME=FILE", help="may be repeated")
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    weights = {name: Path(file) for name, _, file in (text.partition("=") for text in options.weights)}
    names = [name for name, stage in MATCHERS.items() if set(stage.weights) <= set(weights) and name != "xfeat-hub"]
    _one_thread()
    matchers = {name: MATCHERS[name].build(Resources(weights=weights)) for name in names}
    pairs = [phantom_pair(seed) for seed in track(range(options.clips), "rendering")]
    print("| matcher | matches | right | sure | right of the sure | sure of the right | error, px | ms |")
    print("|---|---|---|---|---|---|---|---|")
    for name, matcher in matchers.items():
        print(f"| {name} | {measure(matcher, pairs)} |")
    if options.picture:
        draw(pairs, matchers, options.picture)


def _one_thread() -> None:
    """Let OpenCV and torch use one core, so that figures are of one."""
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def _sample(field: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """A field (H, W, 2), bilinear at xy (..., 2); remap's whole numbers are pixel centres, ours are at + 0.5."""
    columns, rows = (np.ascontiguousarray(xy[..., axis] - np.float32(0.5), np.float32) for axis in (0, 1))
    found = cv2.remap(field, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(xy.shape)


if __name__ == "__main__":
    main()
