"""How hard the phantom is: what the naive ways of finding a bleeding source score on it.

    python -m bleedkit.benchmarks.phantom_baselines                  a demo cohort, made on the spot
    python -m bleedkit.benchmarks.phantom_baselines --cohort c       a phantom cohort that is there

Every 5th frame in which the source is shown counts. `red centroid` has the colour measure and threshold that suit the
very frames it is scored on best, which no honest method could know; `hold still` is told where the source is when it is
first shown. Distances in pixels of a picture 640 wide.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from ..datasets.mask_file import read_mask_png
from ..datasets.media import iter_images
from ..datasets.phantom.clip_truth import read_truth
from ..datasets.phantom.generate import demo_cohort
from ..datasets.progress import track
from ..datasets.schema import Clip

EVERY: Final = 5
REFERENCE_WIDTH: Final = 640
WITHIN: Final = (10, 25, 50)
THRESHOLDS: Final = 24


@dataclass(frozen=True, eq=False)
class ScoredFrame:
    """One frame. errors: by method, pixels of a 640 wide picture.

    overlap: IoU with the drawn region by measure and threshold; empty where nobody drew one.
    """

    scenario: str
    errors: Mapping[str, float]
    overlap: Mapping[str, float]


def red_measures(rgb: np.ndarray) -> dict[str, np.ndarray]:
    """How red each pixel (H, W) is, by three measures scaled to 0..1."""
    red, green, blue = (rgb[..., i].astype(np.float32) for i in range(3))
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[..., 1].astype(np.float32)
    return {
        "red less the mean of green and blue": ((red - (green + blue) / 2) / 255).clip(0, 1),
        "share of red": red / np.maximum(red + green + blue, 1),
        "a* of CIELAB": ((lab - 128) / 80).clip(0, 1),
    }


def score_clip(cohort: Cohort, clip: Clip) -> Iterator[ScoredFrame]:
    """Score every 5th frame that shows the first source."""
    truth = read_truth(cohort.folder, clip.clip_id)
    shown = np.flatnonzero(truth.shown[:, 0])
    if not shown.size:
        return
    start, pixel = truth.xy[shown[0], 0], REFERENCE_WIDTH / clip.size.width
    regions = {mask.frame: mask for mask in cohort.masks(clip.clip_id) if mask.annotator == "A1"}
    middle = np.array([clip.size.width, clip.size.height]) / 2
    for frame, rgb in iter_images(
        cohort, clip.clip_id, [*shown[::EVERY].tolist(), *(regions.keys() & set(shown.tolist()))]
    ):
        source = truth.xy[frame, 0]
        errors = {"middle of the picture": middle, "hold still": start}
        region = read_mask_png(cohort.mask_path(regions[frame])) if frame in regions else None
        overlap: dict[str, float] = {}
        for name, red in red_measures(rgb).items():
            for threshold in np.linspace(0, 1, THRESHOLDS, endpoint=False):
                key, mask = f"{name} > {threshold:.2f}", red > threshold
                errors[key] = _centroid(mask, middle)
                if region is not None and region.any():
                    overlap[key] = np.count_nonzero(mask & region) / np.count_nonzero(mask | region)
        far = {name: pixel * float(np.linalg.norm(xy - source)) for name, xy in errors.items()}
        yield ScoredFrame(next(iter(clip.scenarios), ""), far, overlap)


def _centroid(mask: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Mean position of a mask's pixels; the middle of the picture where there are none."""
    moments = cv2.moments(mask.astype(np.uint8), binaryImage=True)
    if not moments["m00"]:
        return otherwise
    return np.array([moments["m10"], moments["m01"]]) / moments["m00"] + 0.5


def table(frames: list[ScoredFrame]) -> dict[str, dict[str, float]]:
    """Median, mean and shares within WITHIN pixels, by method."""
    if not frames:
        raise BleedkitError("no clip shows a source", "make another cohort with 'bleedkit data phantom'")
    colours = [name for name in frames[0].errors if ">" in name]
    best = min(colours, key=lambda name: np.median([frame.errors[name] for frame in frames]))
    names = {
        "middle of the picture": "middle of the picture",
        "hold still": "hold still",
        f"red centroid ({best})": best,
    }
    return {title: _row(np.array([frame.errors[name] for frame in frames])) for title, name in names.items()}


def _row(errors: np.ndarray) -> dict[str, float]:
    shares = {f"within {limit} px": float((errors <= limit).mean()) for limit in WITHIN}
    return {"frames": len(errors), "median px": float(np.median(errors)), "mean px": float(errors.mean()), **shares}


def best_overlap(frames: list[ScoredFrame]) -> tuple[str, float]:
    """The one colour threshold that finds the bleeding region best, and its mean IoU; NaN where no region was drawn."""
    drawn = [frame.overlap for frame in frames if frame.overlap]
    if not drawn:
        return "", float("nan")
    means = {name: float(np.mean([overlap[name] for overlap in drawn])) for name in drawn[0]}
    best = max(means, key=lambda name: means[name])
    return best, means[best]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cohort", type=Path, help="a phantom cohort; one is made where none is given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cohort = Cohort(asked.cohort) if asked.cohort else demo_cohort(Path(folder) / "cohort", asked.seed)
        clips = track(cohort.clips.values(), "score", len(cohort.clips))
        frames = [frame for clip in clips for frame in score_clip(cohort, clip)]
    rows = table(frames)
    threshold, overlap = best_overlap(frames)
    if asked.json:
        print(json.dumps({"methods": rows, "threshold": threshold, "mean_iou": overlap}, indent=2))
        return
    columns = list(next(iter(rows.values())))
    print("| " + " | ".join(["", *columns]) + " |\n|---" + "|---:" * len(columns) + "|")
    for name, row in rows.items():
        cells = [f"{row[c]:.0%}" if c.startswith("within") else f"{row[c]:.0f}" for c in columns]
        print("| " + " | ".join([name, *cells]) + " |")
    print(f"\nBest single colour threshold for the region: {threshold}, mean IoU {overlap:.2f}")


if __name__ == "__main__":
    main()
