"""The hierarchical bootstrap: patients with replacement, then within each drawn patient its clips with replacement.

Frames of one clip and clips of one patient are alike, so 5,000 frames of 8 patients are nearer to 8 observations than
to 5,000 (Davison and Hinkley, Bootstrap Methods and their Application, 1997, Section 3.8; Saravanan et al. 2020).
"""

from typing import Final

import numpy as np

from ..metrics.draws import Draws, Groups

DRAWS: Final = 10_000
_BLOCK: Final = 500  # draws at a time, so that memory holds only some of all the clips drawn


def draws(groups: Groups, n: int = DRAWS, seed: int = 0) -> Draws:
    """`n` resamples of the patients and their clips: the same for one (groups, n, seed) on every machine.

    All metrics and models of the same rows share them, which makes every comparison a paired one.
    """
    n_patients, n_clips = groups.n_patients, len(groups.patient)
    patients, clips = (np.zeros((n, size), np.float32) for size in (n_patients, n_clips))
    bits = np.random.PCG64(seed)
    for start in range(0, n if n_clips else 0, _BLOCK):
        block = slice(start, min(start + _BLOCK, n))
        size = block.stop - start
        drawn = _below(bits, np.full(size * n_patients, n_patients))
        patients[block] = _counted(np.repeat(np.arange(size), n_patients), drawn, (size, n_patients))
        slot, clip = _clips_of(bits, groups, drawn)
        clips[block] = _counted(slot // n_patients, clip, (size, n_clips))
    return Draws(patients, clips)


def draws_within(groups: Groups, keep: np.ndarray, n: int = DRAWS, seed: int = 0) -> Draws:
    """Resamples of the clips in `keep` (C,) bool and their patients alone; all others stand 0 times in every draw.

    The rows stay as they are: a clip that stands 0 times is not scored. That is how a stratum is resampled.
    """
    patient, within = np.unique(groups.patient[keep], return_inverse=True)
    part = draws(Groups(np.zeros(0, np.int64), within.astype(np.int64)), n, seed)
    patients = np.zeros((n, groups.n_patients), np.float32)
    clips = np.zeros((n, len(keep)), np.float32)
    patients[:, patient], clips[:, keep] = part.patients, part.clips
    return Draws(patients, clips)


def _clips_of(bits: np.random.PCG64, groups: Groups, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each drawn patient as many clips of it as it has: which of `drawn` it was for, and the clip."""
    in_order = np.argsort(groups.patient, kind="stable")
    count = np.bincount(groups.patient)
    first = np.cumsum(count) - count
    slot = np.repeat(np.arange(len(drawn)), count[drawn])
    owner = drawn[slot]
    return slot, in_order[first[owner] + _below(bits, count[owner])]


def _below(bits: np.random.PCG64, limit: np.ndarray) -> np.ndarray:
    """A whole number in [0, limit) for each limit.

    From raw bits and one IEEE product: NumPy promises the raw stream for ever, and its distributions' only by version.
    """
    share = (bits.random_raw(len(limit)) >> np.uint64(11)) * 2.0**-53
    return (share * limit).astype(np.int64)


def _counted(row: np.ndarray, column: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """How often each (row, column) occurs."""
    return np.bincount(row * shape[1] + column, minlength=shape[0] * shape[1]).reshape(shape)
