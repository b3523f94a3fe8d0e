"""How even our splits are, beside scikit-learn's StratifiedGroupKFold on the same clips: run as a module.

    python -m bleedkit.benchmarks.split_quality --draws 8

Each draw is a cohort of 106,222 frames, 485 clips, 44 patients and 4 sites with patients of very different size, split
4:1:1. A share error is how far a part's share of the whole lies from the wanted one, at its worst over parts.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from ..datasets.clip_strata import ClipStrata
from ..datasets.schema import Clip, ImageSize
from ..datasets.split_build import balance
from ..datasets.split_search import search
from ..datasets.split_target import SplitTarget, split_target

FRAMES, CLIPS, PATIENTS, SITES = 106_222, 485, 44, 4
RATIO: Final = (4, 1, 1)

Splitter = Callable[[SplitTarget, Sequence[ClipStrata], int], np.ndarray]


def draw(seed: int) -> list[ClipStrata]:
    """One random cohort's clips: clips per patient log-normal, one site a patient, bleeding share from Beta(2, 2)."""
    rng = np.random.default_rng(seed)
    weight = rng.lognormal(0, 0.8, PATIENTS)
    clips = rng.multinomial(CLIPS - PATIENTS, weight / weight.sum()) + 1
    patient = np.repeat(np.arange(PATIENTS), clips)
    site = rng.choice(SITES, PATIENTS, p=[0.4, 0.3, 0.2, 0.1])
    length = rng.integers(31, 732, CLIPS)
    frames = np.maximum(1, length * FRAMES // length.sum())
    frames[0] += FRAMES - frames.sum()
    share = rng.beta(2, 2, CLIPS)
    rows = []
    for i, (p, n) in enumerate(zip(patient.tolist(), frames.tolist(), strict=True)):
        scenario = f"scenario{rng.integers(6)}"
        clip = Clip(
            f"clip{i:03d}",
            f"p{p:02d}",
            f"p{p:02d}",
            30,
            ImageSize(1, 1),
            n,
            site=f"site{site[p]}",
            scenarios=(scenario,),
        )
        rows.append(ClipStrata(clip, n, int(n * share[i]), n))
    return rows


def group_k_fold(target: SplitTarget, rows: Sequence[ClipStrata], seed: int) -> np.ndarray:
    """StratifiedGroupKFold of 6 folds over frames, stratified by bleeding; four folds train, one val, one test."""
    from sklearn.model_selection import StratifiedGroupKFold

    groups = np.repeat([target.patients.index(row.clip.patient_id) for row in rows], [row.frames for row in rows])
    label = np.concatenate([np.arange(row.frames) < row.positive for row in rows])
    folds = StratifiedGroupKFold(sum(RATIO), shuffle=True, random_state=seed)
    assigned = np.zeros(len(target.patients), int)
    for fold, (_, held) in enumerate(folds.split(label, label, groups)):
        assigned[np.unique(groups[held])] = {4: 1, 5: 2}.get(fold, 0)
    return assigned


METHODS: Final[dict[str, Splitter]] = {
    "bleedkit": lambda target, _rows, seed: balance(target, seed)[0],
    "bleedkit, local search alone": lambda target, _rows, seed: search(target, seed),
    "StratifiedGroupKFold": group_k_fold,
}


def main() -> None:
    """Print the mean over draws of each method's errors, empty cells and seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=8)
    given = parser.parse_args()
    results = {}
    for name, method in METHODS.items():
        figures = [_figures(method, seed) for seed in range(given.draws)]
        results[name] = {key: round(float(np.mean([f[key] for f in figures])), 4) for key in figures[0]}
    print(json.dumps(results, indent=2))


def _figures(method: Splitter, seed: int) -> dict[str, float]:
    rows = draw(seed)
    start = time.perf_counter()
    target = split_target(rows, RATIO, ("site", "scenario", "bleeding"))
    assigned = method(target, rows, seed)
    seconds = time.perf_counter() - start
    report = target.report(assigned)
    errors = {f"{name} error %": 100 * error for name, error in report["worst_share_error"].items()}
    return {
        **errors,
        "empty cells of 12": report["empty_site_cells"],
        "avoidable ones": target.needless_gaps(assigned),
        "seconds": seconds,
    }


if __name__ == "__main__":
    main()
