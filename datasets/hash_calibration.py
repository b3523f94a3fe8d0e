"""How many differing bits still mean "the same picture": measured on the cohort itself, and put in words.

Neighbouring frames of one clip show what small change does to a hash; frames of different patients show what chance
does. Bits of real images hang together, so 64 of them are worth fewer: as many independent ones as would spread like
the distances between patients do (Daugman 2003, *The importance of being random*, on irises).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .hash_index import HashIndex
from .perceptual_hash import BITS, distance

_SAMPLE: Final = 1_000_000
# Chance hits come in flocks, as a clip's frames are alike: so many frame pairs are some fifty clip pairs to look at.
_CHANCE_HITS: Final = 20_000.0
_LEAST, _MOST = 6, 12
_SURE: Final = 0.01


@dataclass(frozen=True)
class Calibration:
    """neighbour_bits, neighbour_bits_95: median and 95th percentile between neighbouring frames; NaN without any.

    unrelated_mean, unrelated_sd: between frames of different patients; NaN for a single patient. worth_bits: how many
    independent bits would spread so. threshold: largest distance of a near-duplicate candidate; sure: largest one to
    believe without a look at the images, -1 for none. comparisons: how many the audit makes; chance_hits: how many of
    them fall within the threshold by chance.
    """

    neighbour_bits: float
    neighbour_bits_95: float
    unrelated_mean: float
    unrelated_sd: float
    worth_bits: float
    comparisons: float
    threshold: int
    sure: int
    chance_hits: float

    @property
    def _unseen(self) -> str:
        if self.sure < 0:
            return "No match is beyond chance without a look at its images."
        return f"Without a look, {self.sure} bits or less are beyond chance (under {_SURE} hits)."

    def __str__(self) -> str:
        if np.isnan(self.unrelated_mean):
            return f"Threshold {self.threshold} of {BITS} bits, not calibrated: hashes of one patient only."
        return (
            f"Threshold {self.threshold} of {BITS} bits. In this cohort neighbouring frames differ by "
            f"{self.neighbour_bits:.0f} bits (95 %: {self.neighbour_bits_95:.0f}), frames of different patients by "
            f"{self.unrelated_mean:.1f} +- {self.unrelated_sd:.1f}, as {self.worth_bits:.0f} independent bits would. "
            f"{self.comparisons:.1e} comparisons then give {self.chance_hits:.2g} hits by chance, which a look at the "
            f"images must refuse. {self._unseen}"
        )


def calibrate(index: HashIndex, comparisons: float, threshold: int | None = None) -> Calibration:
    """Measure the cohort's hashes for so many comparisons; the sample is drawn with a fixed seed.

    threshold: to use in place of the measured one.
    """
    after = np.flatnonzero(index.clip[1:] == index.clip[:-1]) + 1
    near = distance(index.full[after], index.full[after - 1]).astype(float)
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, max(len(index.full), 1), (2, _SAMPLE if len(index.full) else 0))
    patient = index.patient[index.clip]
    other = patient[first] != patient[second]
    far = distance(index.full[first[other]], index.full[second[other]]).astype(float)
    mean, spread = (float(far.mean()), max(float(far.std()), 1.0)) if far.size else (np.nan, np.nan)
    share = mean / BITS
    worth = share * (1 - share) * BITS**2 / spread**2
    hits = np.array([comparisons * _chance(bits, worth, share) for bits in range(BITS + 1)])
    within = [bits for bits in range(_LEAST, _MOST + 1) if hits[bits] <= _CHANCE_HITS]
    chosen = threshold if threshold is not None else max(within, default=_LEAST)
    sure = max((bits for bits in range(chosen + 1) if hits[bits] < _SURE), default=-1)
    middle, high = (float(np.quantile(near, q)) if near.size else np.nan for q in (0.5, 0.95))
    return Calibration(middle, high, mean, spread, float(worth), comparisons, chosen, sure, float(hits[chosen]))


def _chance(bits: int, worth: float, share: float) -> float:
    """P(distance <= bits) of unrelated frames: binomial of `worth` bits, continued by the beta function."""
    from scipy.special import betainc

    if np.isnan(worth):
        return 0.0
    k = bits / BITS * worth
    return float(betainc(max(worth - k, 1e-9), k + 1, 1 - share))
