"""The error-state bridge: a track pinned at a label on each side, its drift spread by where it can have arisen.

Let x_t be the point's true place, z_0 and z_n labels with independent errors of variance R per axis, and let every
step of a track be the truth plus an error: u_t = x_t - x_{t-1} + e_t, e_t ~ N(0, w_t I). With U_t = u_1 + ... + u_t
and W_t = w_1 + ... + w_t, the prediction from the first label, z_0 + U_t, is off by a random walk of variance R + W_t.
The second label sees its end through the innovation d = z_n - z_0 - U_n ~ N(0, (W_n + 2R) I). Conditioning on d (one
Kalman update followed by Rauch-Tung-Striebel smoothing, in closed form):

    x_t | z = z_0 + U_t + d (W_t + R) / (W_n + 2R),     variance (W_t + R) (W_n - W_t + R) / (W_n + 2R).

With R = 0 and w_t = q this is the Brownian bridge, q t (n - t) / n. Without a second label the variance is R + W_t.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Bridge:
    """xy (..., n + 1, 2) pixels; variance (..., n + 1) per axis; log_evidence (...) of the second label."""

    xy: np.ndarray
    variance: np.ndarray
    log_evidence: np.ndarray


def bridge(
    first: np.ndarray, last: np.ndarray | None, steps: np.ndarray, step_variance: np.ndarray, label_variance: float
) -> Bridge:
    """The bridge of labels `first` and `last` (2,) over steps (..., n, 2) of variance (..., n); float64, batched.

    last None: nothing pins the far end, and the evidence is 0.
    """
    zero = np.zeros((*steps.shape[:-2], 1))
    walk = np.concatenate([zero[..., None] * first, np.cumsum(steps, axis=-2)], axis=-2)
    drift = np.concatenate([zero, np.cumsum(step_variance, axis=-1)], axis=-1) + label_variance
    if last is None:
        return Bridge(first + walk, drift, np.zeros(steps.shape[:-2]))
    innovation = last - first - walk[..., -1, :]
    total = drift[..., -1] + label_variance
    share = drift / total[..., None]
    xy = first + walk + innovation[..., None, :] * share[..., None]
    variance = drift * (total[..., None] - drift) / total[..., None]
    return Bridge(xy, variance, log_normal(innovation, total))


def log_normal(difference: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Log density of a centred isotropic Gaussian in the plane: difference (..., 2), variance (...) per axis."""
    return -np.log(2 * np.pi * variance) - 0.5 * np.sum(difference**2, axis=-1) / variance
