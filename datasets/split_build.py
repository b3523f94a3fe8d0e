"""Splits by patient: by ratio, in k folds, or one patient out; balanced, seeded, and telling what was reached."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from .clip_strata import STRATA, ClipStrata, clip_strata
from .cohort import Cohort
from .errors import BleedkitError
from .split import PARTS, Split
from .split_milp import solve
from .split_search import improve, search
from .split_target import SplitTarget, split_target

RATIO: Final = "ratio"
KFOLD: Final = "kfold"
LEAVE_ONE_OUT: Final = "leave-one-patient-out"
METHODS: Final = (RATIO, KFOLD, LEAVE_ONE_OUT)


def build_split(
    cohort: Cohort,
    *,
    name: str,
    method: str = RATIO,
    ratio: Sequence[float] = (4, 1, 1),
    folds: int = 5,
    stratify: Sequence[str] = STRATA,
    seed: int = 0,
) -> Split:
    """Assign every patient of the cohort to one part per fold; the same cohort and seed give the same split.

    ratio: shares of frames of train, val and test; a zero leaves a part out. kfold and leave-one-patient-out put the
    fold's held-out patients in `test` and the rest in `train`. stratify: what to balance beside the number of frames.
    Fewer patients than parts: the parts wanted largest are filled first, and the report says which stay empty.
    Raises BleedkitError where there are fewer patients than folds, ValueError for a method or ratio that cannot be.
    """
    rows = clip_strata(cohort)
    if method == RATIO:
        mapping, report = _by_ratio(rows, _checked(ratio), stratify, seed)
        return Split(name, method, cohort.digest, [mapping], "patient", seed, list(ratio), list(stratify), report)
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    patients = sorted({row.clip.patient_id for row in rows})
    count = len(patients) if method == LEAVE_ONE_OUT else folds
    if count < 2 or count > len(patients):
        raise BleedkitError(
            f"{cohort.folder} has {len(patients)} patients, too few for {count} folds",
            "use --folds with a smaller number, or --ratio",
        )
    if method == LEAVE_ONE_OUT:
        held = np.arange(count)
        return Split(name, method, cohort.digest, _rotated(patients, held, count), "patient", None, [], [], {})
    target = split_target(rows, [1] * folds, stratify)
    held, report = balance(target, seed)
    mappings = _rotated(target.patients, held, folds)
    return Split(name, method, cohort.digest, mappings, "patient", seed, [], list(stratify), report)


def balance(target: SplitTarget, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """(P,) part of each patient and how it was found: the programme, polished by search, or search alone."""
    first = solve(target, seed)
    if first is None:
        return (found := search(target, seed)), {"solver": "local search", **target.report(found)}
    polished = improve(target, first, np.random.default_rng(seed))
    return polished, {"solver": "mixed-integer programme", **target.report(polished)}


def _by_ratio(
    rows: Sequence[ClipStrata], ratio: Sequence[float], stratify: Sequence[str], seed: int
) -> tuple[Mapping[str, str], dict[str, Any]]:
    patients = {row.clip.patient_id for row in rows}
    # Test before val: a figure on unseen patients is worth more than early stopping.
    order = sorted((k for k in range(len(PARTS)) if ratio[k] > 0), key=lambda k: (-ratio[k], -k))
    used = sorted(order[: len(patients)])
    target = split_target(rows, [ratio[k] for k in used], stratify)
    assigned, report = balance(target, seed)
    empty = [PARTS[k] for k in sorted(order) if k not in used]
    if empty:
        text = f"{len(patients)} patients cannot fill {len(order)} parts: {' and '.join(empty)} stay empty"
        report["warnings"] = [text]
    return {p: PARTS[used[k]] for p, k in zip(target.patients, assigned, strict=True)}, report


def _rotated(patients: Sequence[str], held: np.ndarray, count: int) -> list[Mapping[str, str]]:
    return [{p: "test" if h == fold else "train" for p, h in zip(patients, held, strict=True)} for fold in range(count)]


def _checked(ratio: Sequence[float]) -> Sequence[float]:
    if len(ratio) != len(PARTS) or not all(np.isfinite(r) and r >= 0 for r in ratio) or sum(ratio) <= 0:
        raise ValueError(f"ratio must be {len(PARTS)} shares of 0 or more, one above 0, got {list(ratio)}")
    return ratio
