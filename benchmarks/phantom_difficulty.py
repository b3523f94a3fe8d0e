"""Is the phantom as hard as life? What baselines score on it, and how far it gives its patients away.

    python -m bleedkit.benchmarks.phantom_difficulty

Baselines: the centroid of the pixels a colour threshold calls blood, and holding still where the source was at the
onset; errors in pixels of a frame 640 wide. Identity: a linear probe on simple colour features (a) names the patient of
a clip it has not seen, (b) learns a coin toss made once per patient, which no picture shows: it can be right more than
half the time only where the same patient is on both sides of the split, so the gap is what a leaking split pays.
"""

import argparse
import json
from dataclasses import dataclass
from itertools import islice

import numpy as np

from ..datasets.phantom.config import PatientLook, PhantomClip
from ..datasets.phantom.render import render_clip
from ..datasets.phantom.sites import SITES
from ..datasets.schema import ImageSize
from .picture_statistics import looks_like_blood

_SIZE = ImageSize(240, 192)
_GRID = 4  # features are taken from 4x4 tiles


@dataclass(frozen=True, eq=False)
class ProbeData:
    """features (N, F), patient (N,) and clip (N,) of each frame."""

    features: np.ndarray
    patient: np.ndarray
    clip: np.ndarray


def baseline_errors(clips: int, frames: int = 90) -> dict[str, dict[str, float]]:
    """Mean and median error of both baselines over the frames in which the source bleeds and is visible."""
    centroid, still = [], []
    for seed in range(clips):
        site = list(SITES)[seed % len(SITES)]
        clip = PhantomClip(seed, _SIZE, frames, 15.0, PatientLook.of(seed, site), site, 5)
        first: np.ndarray | None = None
        for frame in render_clip(clip):
            source = frame.sources[0]
            if not source.bleeding:
                continue
            truth = np.array([source.x, source.y])
            first = truth if first is None else first
            if source.visible:
                red = np.argwhere(looks_like_blood(frame.rgb) & frame.valid)
                guess = red.mean(axis=0)[::-1] + 0.5 if len(red) else np.array([_SIZE.width, _SIZE.height]) / 2
                centroid.append(np.hypot(*(guess - truth)))
                still.append(np.hypot(*(first - truth)))
    scale = 640 / _SIZE.width
    return {
        name: _summary(scale * np.array(found)) for name, found in (("red centroid", centroid), ("hold still", still))
    }


def probe_data(patients: int, clips_each: int, site: str = "gastric body") -> ProbeData:
    """Four frames of each clip, half a second apart, at one site, bleeding from the first frame on."""
    features, who, which = [], [], []
    for patient in range(patients):
        for k in range(clips_each):
            number = patient * clips_each + k
            clip = PhantomClip(1000 + number, ImageSize(96, 80), 4, 2.0, PatientLook.of(patient, site), site, 0)
            for frame in islice(render_clip(clip), 4):
                features.append(simple_features(frame.rgb))
                who.append(patient)
                which.append(number)
    return ProbeData(np.array(features), np.array(who), np.array(which))


def simple_features(rgb: np.ndarray) -> np.ndarray:
    """Mean and spread of each colour in each of 4x4 tiles, and over the whole frame."""
    height, width = (side // _GRID * _GRID for side in rgb.shape[:2])
    tiles = rgb[:height, :width].astype(float).reshape(_GRID, height // _GRID, _GRID, width // _GRID, 3)
    parts = [tiles.mean(axis=(1, 3)), tiles.std(axis=(1, 3)), rgb.mean(axis=(0, 1)), rgb.std(axis=(0, 1))]
    return np.concatenate([part.ravel() for part in parts]) / 255


def identity_scores(data: ProbeData, seeds: int = 20) -> dict[str, float]:
    """Accuracies, means over random splits that hold out a quarter of the clips or of the patients."""
    named, leaking, honest = [], [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        toss = rng.permutation(np.arange(data.patient.max() + 1) % 2)[data.patient]
        by_clip = np.isin(data.clip, rng.permutation(data.clip.max() + 1)[: (data.clip.max() + 1) // 4])
        by_patient = np.isin(data.patient, rng.permutation(data.patient.max() + 1)[: (data.patient.max() + 1) // 4])
        named.append(_accuracy(data.features, data.patient, by_clip))
        leaking.append(_accuracy(data.features, toss, by_clip))
        honest.append(_accuracy(data.features, toss, by_patient))
    return {
        "names the patient of an unseen clip": float(np.mean(named)),
        "chance": 1 / float(data.patient.max() + 1),
        "coin toss per patient, split by clip": float(np.mean(leaking)),
        "coin toss per patient, split by patient": float(np.mean(honest)),
    }


def _accuracy(features: np.ndarray, labels: np.ndarray, held_out: np.ndarray) -> float:
    """Of a ridge classifier fitted to the frames that are not held out."""
    centre, spread = features[~held_out].mean(axis=0), features[~held_out].std(axis=0) + 1e-6
    x = np.hstack([(features - centre) / spread, np.ones((len(features), 1))])
    targets = np.eye(labels.max() + 1)[labels] - 1 / (labels.max() + 1)
    seen = x[~held_out]
    weights = np.linalg.solve(seen.T @ seen + 10.0 * np.eye(x.shape[1]), seen.T @ targets[~held_out])
    return float(((x[held_out] @ weights).argmax(axis=1) == labels[held_out]).mean())


def _summary(errors: np.ndarray) -> dict[str, float]:
    return {
        "mean_px": round(float(errors.mean()), 1),
        "median_px": round(float(np.median(errors)), 1),
        "n": len(errors),
    }


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=26)
    parser.add_argument("--patients", type=int, default=12)
    parser.add_argument("--clips-each", type=int, default=8)
    options = parser.parse_args()
    scores = identity_scores(probe_data(options.patients, options.clips_each))
    result = {"baselines": baseline_errors(options.clips), "identity": {k: round(v, 3) for k, v in scores.items()}}
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
