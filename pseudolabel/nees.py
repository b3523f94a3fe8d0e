"""NEES: how far off an answer is by its own account."""

import numpy as np


def nees(off: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Normalised estimation error squared, e' P^-1 e, of errors (..., 2) with covariance (..., 2, 2): (...).

    Its mean over honest answers is 2, the number of coordinates; more says too sure, less too modest. An ellipse of
    level p holds the answers with at most -2 ln(1 - p). NaN where an answer is. Bar-Shalom, Li & Kirubarajan 2001, 5.4.
    """
    known = np.isfinite(off).all(-1) & np.isfinite(covariance).all((-2, -1))
    whole = np.where(known[..., None, None], covariance, np.eye(2))
    solved = np.linalg.solve(whole, np.where(known[..., None], off, 0.0)[..., None])[..., 0]
    return np.where(known, np.einsum("...i,...i->...", off, solved), np.nan)
