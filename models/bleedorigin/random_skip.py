"""Random skip (BleedOrigin 3.3.1): a clip's first 0 to 60 frames are left out in training, never in evaluation."""

from typing import Final

import numpy as np

MOST: Final = 60


def skipped_frames(rng: np.random.Generator, n_frames: int, onset: int, *, window: int = 60, most: int = MOST) -> int:
    """How many frames to leave out, each number from 0 to `most` as likely as the next.

    What stays is never shorter than a window and never starts after the onset (-1: there is none), as then nothing of
    it could be learnt; the paper's clips, 150 frames with the onset at 120, allow all 61. Raises ValueError where the
    clip itself is shorter than a window.
    """
    if n_frames < window:
        raise ValueError(f"a clip of {n_frames} frames has no window of {window}")
    latest = n_frames - window if onset < 0 else min(n_frames - window, onset)
    return int(rng.integers(min(most, latest) + 1))
