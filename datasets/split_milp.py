"""Patients to parts as a mixed-integer programme: least worst share errors, every site in every part.

Hard constraints: each patient in one part, no part empty, and every site in every part if it has the patients.
The search ends after a number of nodes, not seconds, so that a slow machine finds the same split as a fast one.
"""

from typing import Final

import numpy as np

from .split_target import SplitTarget

_NODES: Final = 300
_GAP: Final = 0.02
# Far below any share error that matters; decides between assignments that are equally good.
_TIE: Final = 1e-6


def solve(target: SplitTarget, seed: int, nodes: int = _NODES) -> np.ndarray | None:
    """(P,) int: part of each patient, or None where HiGHS finds no assignment (the caller then searches)."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_matrix

    patients, parts = len(target.patients), len(target.wanted)
    features = target.share.shape[1]
    cells = patients * parts
    rng = np.random.default_rng(seed)
    order = rng.permutation(patients)
    cost = np.concatenate([rng.uniform(0, _TIE / patients, cells), target.weight])
    rows, low, high = _constraints(target, order)
    result = milp(
        cost,
        integrality=np.repeat([1, 0], [cells, features]),
        bounds=Bounds(0, np.repeat([1.0, np.inf], [cells, features])),
        constraints=LinearConstraint(csr_matrix(rows), low, high),
        options={"node_limit": nodes, "mip_rel_gap": _GAP},
    )
    if result.x is None:  # scipy 1.17 calls HiGHS's node limit an unknown failure, and hands out the assignment
        return None
    assigned = np.empty(patients, int)
    assigned[order] = result.x[:cells].reshape(patients, parts).argmax(axis=1)
    return assigned


def _constraints(target: SplitTarget, order: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows over [x (P*K), worst error (F)] with their lower and upper bounds; patients in `order`."""
    share, present = target.share[order], target.present[order]
    patients, parts, features = len(order), len(target.wanted), share.shape[1]
    part = np.tile(np.eye(parts), patients)
    one_each = np.hstack([np.repeat(np.eye(patients), parts, axis=1), np.zeros((patients, features))])
    filled = np.hstack([part, np.zeros((parts, features))])
    above, below, cells = [], [], []
    for k in range(parts):
        here = part[k]
        reached = np.repeat(share, parts, axis=0).T * here
        above.append(np.hstack([reached, -np.eye(features)]))
        below.append(np.hstack([reached, np.eye(features)]))
        # A site with fewer patients than parts cannot be everywhere: it is left to the soft errors.
        full = present[:, target.everywhere()].T
        cells += [np.concatenate([np.repeat(site, parts) * here, np.zeros(features)]) for site in full]
    wanted = np.repeat(target.wanted, features)
    rows = np.vstack([one_each, filled, *above, *below, *cells])
    low = np.concatenate([np.ones(patients + parts), np.full(len(wanted), -np.inf), wanted, np.ones(len(cells))])
    high = np.concatenate(
        [np.ones(patients), np.full(parts, np.inf), wanted, np.full(len(wanted) + len(cells), np.inf)]
    )
    return rows, low, high
