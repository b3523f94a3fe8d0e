"""What a good assignment of patients to parts is: one table of weights, one list of wanted shares, one score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from .clip_strata import ClipStrata, shares

# Frames and bleeding share weigh most: they are what splits are usually judged by.
_WEIGHT: Final = {"frames": 1.0, "bleeding": 1.0, "site": 0.25, "scenario": 0.1}


@dataclass(frozen=True, eq=False)
class SplitTarget:
    """A balancing problem. share (P, F) float64: patient p's part of the whole of feature f, columns summing to 1.

    wanted (K,): shares of the K parts, summing to 1. group: the stratum of each feature (`frames`, `bleeding`, `site`,
    `scenario`). present (P, S) bool: whether patient p has frames of site s.
    """

    patients: Sequence[str]
    share: np.ndarray
    group: Sequence[str]
    present: np.ndarray
    wanted: np.ndarray

    @property
    def weight(self) -> np.ndarray:
        """(F,) how much a feature's error counts; a stratum's weight is shared by its categories."""
        names = list(self.group)
        return np.array([_WEIGHT[name] / names.count(name) for name in names])

    def reached(self, assigned: np.ndarray) -> np.ndarray:
        """(K, F) share of every feature in every part; assigned (P,) int: the part of each patient."""
        one_hot = assigned[None, :] == np.arange(len(self.wanted))[:, None]
        return one_hot @ self.share

    def everywhere(self) -> np.ndarray:
        """(S,) bool: sites with patients enough for every part, which must then be in every part."""
        return self.present.sum(axis=0) >= len(self.wanted)

    def filled(self, assigned: np.ndarray) -> np.ndarray:
        """(K, S) bool: whether any patient of part k has frames of site s."""
        one_hot = (assigned[None, :] == np.arange(len(self.wanted))[:, None]).astype(int)
        return one_hot @ self.present.astype(int) > 0

    def needless_gaps(self, assigned: np.ndarray) -> int:
        """Site-by-part cells that are empty though their site has patients enough for every part."""
        return int((~self.filled(assigned)[:, self.everywhere()]).sum())

    def empty_parts(self, assigned: np.ndarray) -> int:
        """Parts without a patient, beyond those that cannot be filled."""
        return min(len(self.wanted), len(self.patients)) - len(np.unique(assigned))

    def score(self, assigned: np.ndarray) -> tuple[int, int, float]:
        """Empty parts, then needless gaps, then the weighted sum of worst share errors; lower is better."""
        worst = np.abs(self.reached(assigned) - self.wanted[:, None]).max(axis=0)
        return self.empty_parts(assigned), self.needless_gaps(assigned), float(worst @ self.weight)

    def report(self, assigned: np.ndarray) -> dict[str, Any]:
        """Worst share error over parts by stratum (0.004 is 0.4 % of the whole), and empty site-by-part cells."""
        worst = np.abs(self.reached(assigned) - self.wanted[:, None]).max(axis=0)
        groups = dict.fromkeys(self.group)
        errors = {name: round(float(worst[[g == name for g in self.group]].max()), 6) for name in groups}
        filled = self.filled(assigned)
        return {
            "worst_share_error": errors,
            "empty_site_cells": int((~filled).sum()),
            "site_cells": int(filled.size),
        }


def split_target(rows: Sequence[ClipStrata], wanted: Sequence[float], stratify: Sequence[str]) -> SplitTarget:
    """The balancing problem of a cohort's clips; patients in id order. Raises ValueError for an unknown stratum."""
    patients = sorted({row.clip.patient_id for row in rows})
    index = {patient: i for i, patient in enumerate(patients)}
    of = np.array([index[row.clip.patient_id] for row in rows])
    columns, group = [np.array([row.frames for row in rows], float)], ["frames"]
    for stratum in stratify:
        categories = shares(rows, stratum)
        if stratum == "bleeding":
            categories = {"bleeding": categories["bleeding"]}
        if stratum != "bleeding" and len(categories) == 1:
            continue
        columns += categories.values()
        group += [stratum] * len(categories)
    by_patient = np.stack([np.bincount(of, column, len(patients)) for column in columns], axis=1)
    some = by_patient.sum(axis=0) > 0
    by_patient, group = by_patient[:, some], [name for name, keep in zip(group, some, strict=True) if keep]
    sites = list(shares(rows, "site").values()) if "site" in stratify else []
    present = np.stack([np.bincount(of, site, len(patients)) > 0 for site in sites], axis=1) if sites else None
    total = np.asarray(wanted, float)
    return SplitTarget(
        patients,
        by_patient / by_patient.sum(axis=0),
        group,
        np.zeros((len(patients), 0), bool) if present is None else present,
        total / total.sum(),
    )
