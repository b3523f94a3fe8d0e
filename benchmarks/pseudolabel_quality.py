"""How good are the pseudo-labels, beside the simpler ways, on the same frames in one run.

    python -m bleedkit.benchmarks.pseudolabel_quality                 six moving-texture clips, exact truth
    python -m bleedkit.benchmarks.pseudolabel_quality --cohort c      truth where it has any, else hidden labels

Every segment between two visible labels counts; where a clip has no truth, each inner label is hidden in turn and the
segment around it, twice as long, is densified. Distances in pixels of the clip's own frames.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..datasets import vl_surgpt
from ..datasets.build import build_cohort
from ..datasets.cohort import ClipView, Cohort
from ..datasets.errors import BleedkitError
from ..datasets.media import iter_images
from ..datasets.moving_texture import Truth, write_moving_texture
from ..datasets.progress import track
from ..models.lucas_kanade import LucasKanade
from ..models.stage import CPU
from ..pseudolabel.accuracy import LEVELS, linear
from ..pseudolabel.bridge import bridge
from ..pseudolabel.densify import DenseTrack, Densifier, Encoded
from ..pseudolabel.direction import DirectedTrack
from ..pseudolabel.known_truth import known_truth
from ..pseudolabel.label_noise import label_sd
from ..pseudolabel.presets import preset_config
from ..pseudolabel.segments import Segment, checks_of, segments_of

PRESET = "classical"


@dataclass(frozen=True, eq=False)
class Scored:
    """Distances by method over the same N frames, pixels; trusted (N,): kept; squared (N,): Mahalanobis."""

    distance: Mapping[str, np.ndarray]
    trusted: np.ndarray
    squared: np.ndarray


def score_cohort(cohort: Cohort) -> Scored:
    """Score every way on every usable segment. Raises BleedkitError where no segment has a reference."""
    sd = label_sd(cohort.points(), {name: clip.size.width for name, clip in cohort.clips.items()})
    views = track(cohort.stream(), "score", len(cohort.clips))
    parts = [part for view in views for part in score_clip(cohort, view, sd)]
    if not parts:
        raise BleedkitError(f"{cohort.folder} has neither truth nor labels to hide", "label more frames")
    return Scored(
        {name: np.concatenate([part.distance[name] for part in parts]) for name in parts[0].distance},
        np.concatenate([part.trusted for part in parts]),
        np.concatenate([part.squared for part in parts]),
    )


def score_clip(cohort: Cohort, view: ClipView, sd: float) -> Iterator[Scored]:
    """One result a segment. sd: of one person's label, as `label_sd` gives it."""
    clip, config = view.clip, preset_config(PRESET)
    frames = [f.frame for f in view.frames if f.has_image]
    segments = segments_of(clip, frames, view.points, horizon=config.horizon, sd=sd)
    targets = sorted({segment.target for segment in segments})
    truth = known_truth(cohort, clip.clip_id)
    used = [s for s in segments if s.start and s.end] if truth else checks_of(segments)
    densifier = Densifier(config, CPU)
    encoded = {frame: densifier.encode(image) for frame, image in iter_images(cohort, clip.clip_id)}
    for segment in used:
        dense = densifier.densify(segment, encoded, clip.size)
        reference, use = _reference(segment, truth, targets)
        yield _scored(dense, {**_simple(segment, encoded), "forward, anchored": dense.forward}, reference, use)


def _reference(segment: Segment, truth: Truth | None, targets: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Where the point is in the inner frames (T, 2), and in which of them (T,) that is known."""
    frames = np.array(segment.inner)
    if truth is not None:
        point = targets.index(segment.target)
        return truth.xy[frames, point].astype(float), truth.visible[frames, point]
    hidden = segment.hidden_label
    if hidden is None or hidden.xy is None:
        raise ValueError("a segment without truth needs a hidden label")
    return np.tile(np.array(hidden.xy), (len(frames), 1)), frames == hidden.frame


def _simple(segment: Segment, encoded: Mapping[int, Encoded]) -> dict[str, np.ndarray]:
    """The simpler ways, from plain frame-to-frame Lucas-Kanade of the point alone: positions of the inner frames."""
    images = [encoded[frame].gray for frame in segment.frames]
    first, last = np.array(segment.start), np.array(segment.end)
    there = _plain(images, first, backward=False)
    back = _plain(images, last, backward=True)
    flat = np.ones(len(images) - 1)
    forward = bridge(first, last, np.diff(there, axis=0), flat, 0.0).xy
    both = (forward + bridge(first, last, np.diff(back, axis=0), flat, 0.0).xy) / 2
    inner = slice(1, -1)
    return {
        "hold still": np.tile(first, (len(images), 1))[inner],
        "linear interpolation": linear(segment, np.array(segment.inner)),
        "Lucas-Kanade forward": there[inner],
        "bridge": forward[inner],
        "bridge, both directions": both[inner],
    }


def _plain(images: Sequence[np.ndarray], start: np.ndarray, *, backward: bool) -> np.ndarray:
    order = images[::-1] if backward else images
    return DirectedTrack.of_target(LucasKanade().track(order, start[None].astype(np.float32)), backward=backward).xy


def _scored(dense: DenseTrack, others: Mapping[str, np.ndarray], reference: np.ndarray, use: np.ndarray) -> Scored:
    off = dense.xy - reference
    squared = np.einsum("ti,tij,tj->t", off, np.linalg.inv(dense.covariance), off)
    ways = {**others, PRESET: dense.xy}
    distance = {name: np.linalg.norm(xy - reference, axis=1)[use] for name, xy in ways.items()}
    return Scored(distance, dense.trusted[use], squared[use])


def table(scored: Scored) -> dict[str, dict[str, float]]:
    """By way and set of frames: n, mean, median, shares within 5 and 10 px; and the trusted frames' coverage."""
    rows = {}
    for name, distance in scored.distance.items():
        for kind, keep in (("all", np.ones_like(scored.trusted)), ("trusted", scored.trusted)):
            d = distance[keep]
            shares = {f"within_{limit}": float(np.mean(d <= limit)) if d.size else float("nan") for limit in (5, 10)}
            middle = {"mean": float(d.mean()), "median": float(np.median(d))} if d.size else {}
            rows[f"{name}, {kind}"] = {"n": d.size, **middle, **shares}
    kept = scored.squared[scored.trusted]
    inside = {level: kept <= -2 * np.log1p(-level) for level in LEVELS}
    rows["coverage"] = {
        f"{level:.0%}": float(hit.mean()) if hit.size else float("nan") for level, hit in inside.items()
    }
    return rows


def made_up_cohort(folder: Path, clips: int, seed: int) -> Cohort:
    """Moving-texture clips as a cohort."""
    root = write_moving_texture(folder / "clips", clips=clips, seed=seed)
    cohort = build_cohort(replace(vl_surgpt.SPEC, expected={}, contradictions=()), root, folder / "cohort").cohort
    if cohort is None:
        raise BleedkitError(f"{root} gave no cohort", "run 'bleedkit demo' to see why")
    return cohort


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cohort", type=Path)
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cohort = Cohort(asked.cohort) if asked.cohort else made_up_cohort(Path(folder), asked.clips, asked.seed)
        rows = table(score_cohort(cohort))
    if asked.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'':40s}{'n':>6s}{'mean':>9s}{'median':>9s}{'<=5 px':>9s}{'<=10 px':>9s}")
    for name, row in rows.items():
        if "mean" in row:
            shares = f"{row['within_5']:9.1%}{row['within_10']:9.1%}"
            print(f"{name:40s}{row['n']:6.0f}{row['mean']:9.2f}{row['median']:9.2f}{shares}")
    print("coverage of trusted frames: " + ", ".join(f"{k} ellipse {v:.1%}" for k, v in rows["coverage"].items()))


if __name__ == "__main__":
    main()
