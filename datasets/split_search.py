"""Local search over assignments of patients to parts: moves and swaps from several seeded starts."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from .split_target import SplitTarget

_STARTS: Final = 8
_ROUNDS: Final = 200


def search(target: SplitTarget, seed: int) -> np.ndarray:
    """(P,) int: the best assignment found from seeded random starts; the same seed finds the same one."""
    rng = np.random.default_rng(seed)
    found = [improve(target, _greedy(target, rng), rng) for _ in range(_STARTS)]
    return min(found, key=lambda assigned: (target.score(assigned), assigned.tolist()))


def improve(target: SplitTarget, assigned: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The assignment after taking every move or swap of patients that lowers the score, until none does."""
    best = target.score(assigned)
    for _ in range(_ROUNDS):
        before = best
        for trial in _neighbours(assigned, len(target.wanted), rng):
            score = target.score(trial)
            if score < best:
                assigned, best = trial, score
        if best == before:
            break
    return assigned


def _neighbours(assigned: np.ndarray, parts: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Each patient moved to each other part, then each pair of patients in different parts swapped."""
    order = rng.permutation(len(assigned))
    for patient in order:
        for part in range(parts):
            if part != assigned[patient]:
                trial = assigned.copy()
                trial[patient] = part
                yield trial
    for i, first in enumerate(order):
        for second in order[i + 1 :]:
            if assigned[first] != assigned[second]:
                trial = assigned.copy()
                trial[[first, second]] = trial[[second, first]]
                yield trial


def _greedy(target: SplitTarget, rng: np.random.Generator) -> np.ndarray:
    """Patients, the large ones roughly first, each to the part that lacks most frames."""
    size = target.share[:, 0]
    order = np.argsort(-size * rng.uniform(0.5, 1.5, len(size)), kind="stable")
    assigned, lacking = np.zeros(len(size), int), target.wanted.copy()
    for patient in order:
        assigned[patient] = int(np.argmax(lacking))
        lacking[assigned[patient]] -= size[patient]
    return assigned
