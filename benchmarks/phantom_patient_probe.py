"""How well simple features tell a phantom patient, and what a split that leaks gains by it.

    python -m bleedkit.benchmarks.phantom_patient_probe

A ridge classifier on 23 plain numbers a frame (colour quantiles, spread, gradients). All clips are of one site, so the
site gives nobody away. Three questions: whose clip is it; does this patient have a trait, drawn by lot per patient, so
that nothing but the patient tells; and does it bleed in this frame, which can be seen. Each is asked with folds over
clips, where every test patient has other clips in training, and with folds over patients, where none has.
"""

import argparse
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

import numpy as np

from ..datasets.phantom.config import PatientLook, PhantomClip
from ..datasets.phantom.render import render_clip
from ..datasets.progress import track
from ..datasets.schema import ImageSize

SITE: Final = "gallbladder bed"
SIZE: Final = ImageSize(192, 160)
FPS: Final = 2.0
ONSET: Final = 6
FRAMES: Final = 12
TRAIT_DRAWS: Final = 200
RIDGE: Final = 10.0


@dataclass(frozen=True, eq=False)
class Probe:
    """N frames: features (N, D); patient, clip (N,) int; bleeds (N,) bool."""

    features: np.ndarray
    patient: np.ndarray
    clip: np.ndarray
    bleeds: np.ndarray


def features(rgb: np.ndarray) -> np.ndarray:
    """23 plain numbers of a picture (H, W, 3) uint8: five quantiles, mean and spread by channel, two gradients."""
    pixels = rgb.reshape(-1, 3) / 255.0
    quantiles = np.quantile(pixels, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0).ravel()
    grey = rgb.mean(axis=2) / 255.0
    gradients = [float(np.hypot(*np.gradient(grey[::step, ::step])).mean()) for step in (1, 4)]
    return np.concatenate([quantiles, pixels.mean(axis=0), pixels.std(axis=0), gradients])


def frames_of(patient: int, clip: int) -> tuple[np.ndarray, np.ndarray]:
    """Features (FRAMES, D) and bleeding (FRAMES,) of one clip: quiet first, then bleeding."""
    import torch

    torch.set_num_threads(1)
    seed = int(np.random.SeedSequence([patient, clip]).generate_state(1)[0])
    scene = PhantomClip(seed, SIZE, FRAMES, FPS, PatientLook.of(patient, SITE), SITE, ONSET)
    found = [(features(frame.rgb), frame.sources[0].bleeding) for frame in render_clip(scene)]
    return np.array([row for row, _ in found]), np.array([bleeds for _, bleeds in found])


def render(patients: int, clips: int, workers: int) -> Probe:
    """Render every clip of every patient."""
    keys = [(patient, clip) for patient in range(patients) for clip in range(clips)]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        found = list(track(pool.map(frames_of, *zip(*keys, strict=True)), "render", len(keys)))
    return Probe(
        np.concatenate([rows for rows, _ in found]),
        np.repeat([patient for patient, _ in keys], FRAMES),
        np.repeat([clip for _, clip in keys], FRAMES),
        np.concatenate([bleeds for _, bleeds in found]),
    )


def accuracy(probe: Probe, answer: np.ndarray, fold: np.ndarray) -> float:
    """Share of frames answered rightly, each by a classifier that saw the other folds only. answer (N,) int."""
    right = []
    for one in np.unique(fold):
        test = fold == one
        right.append(_predict(probe.features[~test], answer[~test], probe.features[test]) == answer[test])
    return float(np.concatenate(right).mean())


def _predict(known: np.ndarray, answer: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Ridge regression onto one column an answer; the highest wins."""
    mean, spread = known.mean(axis=0), known.std(axis=0) + 1e-9
    design, target = (known - mean) / spread, answer[:, None] == np.unique(answer)
    offset = target.mean(axis=0)
    weights = np.linalg.solve(design.T @ design + RIDGE * np.eye(design.shape[1]), design.T @ (target - offset))
    return np.unique(answer)[np.argmax((asked - mean) / spread @ weights + offset, axis=1)]


def results(probe: Probe) -> dict[str, dict[str, float]]:
    """Accuracy by question and by what the folds are over; `chance` is what guessing gives."""
    people = len(np.unique(probe.patient))
    quiet = Probe(*(array[~probe.bleeds] for array in (probe.features, probe.patient, probe.clip, probe.bleeds)))
    rng = np.random.default_rng(0)
    traits = [rng.permutation(np.arange(people) % 2) for _ in range(TRAIT_DRAWS)]
    halves: list[Callable[[np.ndarray], np.ndarray]] = [
        lambda _: quiet.clip,
        lambda trait: _pairs(trait)[quiet.patient],
    ]
    by_clip, by_patient = (
        float(np.mean([accuracy(quiet, trait[quiet.patient], folds(trait)) for trait in traits])) for folds in halves
    )
    bleeds = probe.bleeds.astype(int)
    return {
        "whose clip is it": {
            "folds over clips": accuracy(quiet, quiet.patient, quiet.clip),
            "folds over patients": float("nan"),
            "chance": 1 / people,
        },
        "has the patient the trait": {"folds over clips": by_clip, "folds over patients": by_patient, "chance": 0.5},
        "does it bleed": {
            "folds over clips": accuracy(probe, bleeds, probe.clip),
            "folds over patients": accuracy(probe, bleeds, probe.patient),
            "chance": max(float(bleeds.mean()), 1 - float(bleeds.mean())),
        },
    }


def _pairs(trait: np.ndarray) -> np.ndarray:
    """A fold for each patient that holds one with and one without the trait, so that training stays balanced."""
    fold = np.empty(len(trait), int)
    for value in (0, 1):
        fold[trait == value] = np.arange(np.count_nonzero(trait == value))
    return fold


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=12, help="an even number")
    parser.add_argument("--clips", type=int, default=4, help="of each patient")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = results(render(asked.patients, asked.clips, asked.workers))
    if asked.json:
        print(json.dumps(rows, indent=2))
        return
    print("| question | folds over clips | folds over patients | chance |\n|---|---:|---:|---:|")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join("-" if np.isnan(v) else f"{v:.0%}" for v in row.values()) + " |")


if __name__ == "__main__":
    main()
