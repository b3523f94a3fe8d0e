"""Resampled: a figure beside what it would have been with other patients; intervals, tests and ranks are made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from ...datasets.checks import check_array
from ..metrics.draws import Draws, Groups
from ..metrics.summary import Summary

Better = Literal["higher", "lower", "zero"]


@dataclass(frozen=True, eq=False)
class Resampled:
    """value: the figure. draws (D,) float64: by resample. alone, without (P,) float64: of one patient; of the rest.

    NaN where there is nothing to score. clips (P,) int64: how many each patient has. Figures of the same Draws belong
    together draw by draw, which is what `minus` and `mean` rely on.
    """

    value: float
    draws: np.ndarray
    alone: np.ndarray
    without: np.ndarray
    clips: np.ndarray

    def __post_init__(self) -> None:
        check_array("draws", self.draws, ("D",), np.float64)
        check_array("alone", self.alone, ("P",), np.float64)
        check_array("without", self.without, (len(self.alone),), np.float64)
        check_array("clips", self.clips, (len(self.alone),), np.int64)

    @classmethod
    def of(cls, summary: Summary, groups: Groups, draws: Draws, keep: np.ndarray | None = None) -> Self:
        """A metric's figure. keep (C,) bool: the clips of a stratum, whose `draws` come from `draws_within`."""
        each = np.eye(groups.n_patients, dtype=np.float32)
        kept = np.ones(len(groups.patient), np.float32) if keep is None else keep.astype(np.float32)
        alone, without = (
            summary.resampled(groups, Draws(times, times[:, groups.patient] * kept)) for times in (each, 1 - each)
        )
        if keep is None:
            value = summary.score(groups).value
        else:
            once = Draws(np.ones((1, groups.n_patients), np.float32), kept[None])
            value = float(summary.resampled(groups, once)[0])
        clips = np.bincount(groups.patient[kept > 0], minlength=groups.n_patients).astype(np.int64)
        return cls(value, summary.resampled(groups, draws), alone, without, clips)

    @classmethod
    def mean(cls, seeds: Sequence[Self]) -> Self:
        """The mean over seeds of a model, draw by draw: patients are resampled, seeds are not.

        A seed without a figure is left out. Raises ValueError where there is no seed at all.
        """
        if not seeds:
            raise ValueError("a mean over seeds needs one at least")
        value, draws, alone, without = (
            _mean(np.stack([np.atleast_1d(getattr(seed, name)) for seed in seeds]))
            for name in ("value", "draws", "alone", "without")
        )
        return cls(float(value[0]), draws, alone, without, seeds[0].clips)

    def minus(self, other: Self, better: Better = "higher") -> Self:
        """The paired difference self - other; for `zero`, signed errors, that of their sizes."""
        ours, theirs = (one._sizes() if better == "zero" else one for one in (self, other))
        return type(self)(
            ours.value - theirs.value,
            ours.draws - theirs.draws,
            ours.alone - theirs.alone,
            ours.without - theirs.without,
            ours.clips,
        )

    @property
    def counted(self) -> np.ndarray:
        """Patients that have something to score, (P,) bool.

        One may have it in company alone: AUROC of a patient that never bleeds is NaN, yet it counts among others.
        """
        same = np.isclose(self.without, self.value, rtol=1e-9, atol=1e-12)
        return ~np.isnan(self.alone) | (~same & ~np.isnan(self.value))

    def _sizes(self) -> Self:
        return type(self)(abs(self.value), np.abs(self.draws), np.abs(self.alone), np.abs(self.without), self.clips)


def _mean(values: np.ndarray) -> np.ndarray:
    """Over the first axis, of what is not NaN; NaN where nothing is."""
    there = ~np.isnan(values)
    n = there.sum(0)
    return np.divide(np.where(there, values, 0).sum(0), n, out=np.full(values.shape[1:], np.nan), where=n > 0)
