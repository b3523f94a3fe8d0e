"""Whether the parts of a split look alike: total variation of their labels, and how often chance does worse."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from .clip_strata import STRATA, UNKNOWN, ClipStrata, shares

_SHUFFLES: Final = 999


@dataclass(frozen=True)
class LabelShift:
    """One stratum in two parts. distance: total variation, half the summed share differences, 0 (alike) to 1.

    p_value: share of random assignments of as many units to each part that are at least as far apart, the found one
    counted in (Phipson & Smyth 2010, *Permutation P-values should never be zero*). shares: category to its share of the
    frames in each of the two parts.
    """

    stratum: str
    parts: tuple[str, str]
    distance: float
    p_value: float
    shares: dict[str, tuple[float, float]]


def label_shifts(rows: Sequence[ClipStrata], units: Sequence[str], parts: Sequence[str]) -> list[LabelShift]:
    """Every stratum in every pair of parts. units: what was assigned, per row (patient, or clip); parts: part per row.

    Clips whose site or scenario nobody names do not count; a pair where one part has no other is left out. Shuffles
    move whole units, as frames of one patient are not independent; seeded, so two audits agree.
    """
    names, of = np.unique(np.asarray(units), return_inverse=True)
    part_of = dict(zip(units, parts, strict=True))
    assigned = np.array([part_of[name] for name in names])
    found = []
    for stratum in STRATA:
        categories = {name: column for name, column in shares(rows, stratum).items() if name != UNKNOWN}
        if not categories:
            continue
        table = np.stack([np.bincount(of, column, len(names)) for column in categories.values()], axis=1)
        for one, other in combinations(sorted(set(parts), key=_part_order), 2):
            found.append(_shift(stratum, list(categories), table, assigned, (one, other)))
    return [shift for shift in found if not math.isnan(shift.distance)]


def total_variation(first: np.ndarray, second: np.ndarray) -> float:
    """Half the summed absolute difference of two rows of counts, each taken as shares; NaN where one is all zero."""
    if not first.sum() or not second.sum():
        return float("nan")
    return float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)


def _shift(
    stratum: str, categories: Sequence[str], table: np.ndarray, assigned: np.ndarray, parts: tuple[str, str]
) -> LabelShift:
    rows = np.isin(assigned, parts)
    counts, first = table[rows], assigned[rows] == parts[0]
    a, b = counts[first].sum(axis=0), counts[~first].sum(axis=0)
    reached = total_variation(a, b)
    rng = np.random.default_rng(0)
    far = 0
    for _ in range(_SHUFFLES):
        shuffled = rng.permutation(first)
        far += not total_variation(counts[shuffled].sum(axis=0), counts[~shuffled].sum(axis=0)) < reached - 1e-12
    in_parts = {
        name: (float(x / max(a.sum(), 1e-12)), float(y / max(b.sum(), 1e-12)))
        for name, x, y in zip(categories, a, b, strict=True)
    }
    return LabelShift(stratum, parts, reached, (far + 1) / (_SHUFFLES + 1), in_parts)


def _part_order(part: str) -> tuple[int, str]:
    known = ("train", "val", "test")
    return (known.index(part) if part in known else len(known)), part
