"""Intervals and a test that ours were chosen over, to be simulated beside them; nothing else uses these."""

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import t as student

from .interval import interval, tail_of
from .resampled import Resampled

Span = tuple[float, float]
OURS: Final = "widened percentile (ours)"


def ours(figure: Resampled) -> Span:
    """The interval that is used."""
    span = interval(figure)
    return span.low, span.high


def percentile(figure: Resampled) -> Span:
    """2.5 and 97.5 % of the resamples as they are."""
    return _quantiles(figure, 0.025, 0.975)


def bca(figure: Resampled) -> Span:
    """Efron's bias-corrected and accelerated interval (JASA 1987)."""
    return _bca(figure, float(ndtri(0.025)))


def bca_widened(figure: Resampled) -> Span:
    """BCa with tails widened as ours are."""
    return _bca(figure, float(ndtri(tail_of(0.025, int(figure.counted.sum())))))


def bootstrap_t(figure: Resampled) -> Span:
    """Figure and Student's t times the resamples' standard deviation, freed of its bias."""
    n = int(figure.counted.sum())
    half = -float(student.ppf(0.025, n - 1)) * float(np.nanstd(figure.draws)) * math.sqrt(n / (n - 1))
    return figure.value - half, figure.value + half


def jackknife_t(figure: Resampled) -> Span:
    """Figure and Student's t times the standard error of leaving out one patient at a time."""
    left = figure.without[figure.counted]
    n = len(left)
    half = -float(student.ppf(0.025, n - 1)) * float(np.nanstd(left)) * math.sqrt(n - 1)
    return figure.value - half, figure.value + half


WAYS: Final[Mapping[str, Callable[[Resampled], Span]]] = {
    OURS: ours,
    "percentile": percentile,
    "BCa": bca,
    "BCa, widened": bca_widened,
    "t of the bootstrap": bootstrap_t,
    "t of the jackknife": jackknife_t,
}


def _quantiles(figure: Resampled, low: float, high: float) -> Span:
    ends = np.nanquantile(figure.draws, [low, high])
    return float(ends[0]), float(ends[1])


def _bca(figure: Resampled, z: float) -> Span:
    found = figure.draws[~np.isnan(figure.draws)]
    below = ((found < figure.value).mean() + (found <= figure.value).mean()) / 2
    bias = float(ndtri(np.clip(below, 1 / len(found), 1 - 1 / len(found))))
    left = figure.without[figure.counted]
    pull = np.nanmean(left) - left
    spread = float(np.nansum(pull**2)) ** 1.5
    bend = float(np.nansum(pull**3)) / (6 * spread) if spread else 0.0
    tails = [ndtr(bias + (bias + side) / max(1 - bend * (bias + side), 1e-9)) for side in (z, -z)]
    return _quantiles(figure, *tails)


def sign_flip(apart: Resampled, rng: np.random.Generator, flips: int = 2000) -> float:
    """Two-sided p of flipping the signs of the patients' pseudo-values; all 2^P flips up to 12 patients."""
    left = apart.without[apart.counted]
    n = len(left)
    pseudo = n * apart.value - (n - 1) * left
    every = n <= 12
    signs = (np.arange(2**n)[:, None] >> np.arange(n)) & 1 if every else rng.random((flips, n)) < 0.5
    as_far = int((np.abs((1 - 2.0 * signs) @ pseudo) >= abs(pseudo.sum()) * (1 - 1e-12)).sum())
    return as_far / len(signs) if every else (as_far + 1) / (flips + 1)
