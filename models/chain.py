"""Frame-to-frame tracking: every step begins where the one before ended."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .point_tracker import PointTracks

# From one encoded frame to the next, of points (N, 2): where they go (N, 2), and how far the way back misses (N,),
# inf where lost. All float32, pixels of the frames.
Step = Callable[[Any, Any, np.ndarray], tuple[np.ndarray, np.ndarray]]


def chained(step: Step, encoded: Sequence[Any], start: np.ndarray) -> PointTracks:
    """Follow `start` (N, 2) step by step; a point that is lost stays where it was and is hidden from then on."""
    xy = [np.asarray(start, np.float32)]
    errors = [np.zeros(len(start), np.float32)]
    for before, now in pairwise(encoded):
        moved, error = step(before, now, xy[-1])
        lost = ~np.isfinite(error) | ~np.isfinite(errors[-1])
        xy.append(np.where(lost[:, None], xy[-1], moved))
        errors.append(np.where(lost, np.float32(np.inf), error))
    step_error = np.stack(errors)
    return PointTracks(np.stack(xy), step_error, ~np.isfinite(step_error))
