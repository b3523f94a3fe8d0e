"""Rank stability: how models would rank with other patients (challengeR; Wiesenfarth et al., Sci. Rep. 2021)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .resampled import Better, Resampled


@dataclass(frozen=True, eq=False)
class RankStability:
    """M models, D resamples. rank (M,) int64: by all patients; 1 is best.

    frequency (M, M) float64: share of resamples in which a model (row) has a rank (column 0 is rank 1); rows sum to 1.
    mean (M,) float64; low, high (M,) int64: 95 % of its ranks. tau (D,) float64: Kendall's tau-b of each resample's
    ranking and that of all patients; NaN where one of them ties all models.
    """

    rank: np.ndarray
    frequency: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    tau: np.ndarray

    @property
    def mean_tau(self) -> float:
        """Mean Kendall's tau: 1 where other patients never change the ranking; NaN where no resample has one."""
        there = self.tau[~np.isnan(self.tau)]
        return float(there.mean()) if len(there) else float("nan")


def rank_stability(models: Sequence[Resampled], better: Better) -> RankStability:
    """Of models whose figures are of the same Draws. Ties share the better rank; a model without a figure ranks last.

    challengeR's bootstrap of "metric-based aggregation", over patients instead of test cases.
    """
    n = len(models)
    every = np.stack([np.append(model.draws, model.value) for model in models], axis=1)  # resamples, then all patients
    worse = {"higher": np.negative, "lower": np.positive, "zero": np.abs}[better](every)
    ranks = ranked(np.where(np.isnan(worse), np.inf, worse))
    drawn, rank = ranks[:-1], ranks[-1]
    frequency = np.stack([np.bincount(column - 1, minlength=n) for column in drawn.T]) / len(drawn)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0, method="inverted_cdf")
    return RankStability(rank, frequency, drawn.mean(0), low, high, kendall_tau(drawn, rank))


def ranked(worse: np.ndarray) -> np.ndarray:
    """Ranks of each row of (D, M), 1 for the least: how many are less, and one, so that ties share the better rank."""
    below = worse[:, :, None] > worse[:, None, :]
    ranks: np.ndarray = below.sum(2) + 1
    return ranks


def kendall_tau(rankings: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Kendall's tau-b of each row of `rankings` (D, M) with `reference` (M,), as (D,) float64.

    (C - D) / sqrt((pairs - ties of one) (pairs - ties of the other)), Kendall 1945; NaN where either ties all.
    """
    first, second = np.triu_indices(len(reference), 1)
    signs = np.sign(rankings[:, first] - rankings[:, second]).astype(np.float64)
    wanted = np.sign(reference[first] - reference[second]).astype(np.float64)
    untied = np.sqrt((signs**2).sum(1) * (wanted**2).sum())
    return np.divide(signs @ wanted, untied, out=np.full(len(rankings), np.nan), where=untied > 0)
