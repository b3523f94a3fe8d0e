"""The motion of a neighbourhood: where each point should be, going by the points around it."""

from typing import Final

import numpy as np

_ROUNDS: Final = 8


def carried_by_neighbours(
    start: np.ndarray, moved: np.ndarray, trust: np.ndarray, *, reach: float, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where the others put each point: a robust local affine fit from `start` to `moved`, itself left out.

    start, moved (N, 2) pixels; trust (N,) in [0, 1], 0 leaves a point out. reach: distance at which a neighbour counts
    half, and scale: residual at which it does, both in pixels. The weight falls so slowly with distance that far points
    still carry one whose whole surroundings are covered. Iteratively reweighted least squares with Cauchy weights and
    a ridge on the linear part, so that few or collinear neighbours still give a translation.
    Returns predicted (N, 2) and support (N,), the weight of the neighbours that agree; support 0 predicts `start`.
    """
    offset = start[None] - start[:, None]
    near = trust[None] / (1 + np.sum(offset**2, -1) / reach**2)
    np.fill_diagonal(near, 0.0)
    design = np.concatenate([np.ones((*near.shape, 1)), offset / reach], axis=-1)
    shift = np.broadcast_to((moved - start)[None], (*near.shape, 2))
    ridge = np.diag([1e-9, 0.5, 0.5])
    weight = near * _around_median(shift, near, scale)
    for _ in range(_ROUNDS):
        weighted = design * weight[..., None]
        normal = np.swapaxes(weighted, 1, 2) @ design + ridge
        fit = np.linalg.solve(normal, np.swapaxes(weighted, 1, 2) @ shift)
        weight = near / (1 + np.sum((design @ fit - shift) ** 2, -1) / scale**2)
    return (start + fit[:, 0]).astype(np.float32), weight.sum(1).astype(np.float32)


def _around_median(shift: np.ndarray, near: np.ndarray, scale: float) -> np.ndarray:
    """First weights, from the weighted median shift: a start that a dragged minority cannot pull away."""
    order = np.argsort(shift, axis=1)
    mass = np.cumsum(np.take_along_axis(np.broadcast_to(near[..., None], shift.shape), order, 1), axis=1)
    middle = np.argmax(mass >= mass[:, -1:] / 2, axis=1)[:, None]
    median = np.take_along_axis(np.take_along_axis(shift, order, 1), middle, 1)
    return 1 / (1 + np.sum((shift - median) ** 2, -1) / (4 * scale) ** 2)
