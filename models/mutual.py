"""Mutual nearest neighbours: pairs in which each is the other's best."""

import numpy as np


def mutual_best(likeness: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices (K,) and (K,) of the pairs that are best in both their row and their column of `likeness` (N, M)."""
    if not likeness.size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    best, back = likeness.argmax(1), likeness.argmax(0)
    rows = np.flatnonzero(back[best] == np.arange(len(best)))
    return rows, best[rows]
