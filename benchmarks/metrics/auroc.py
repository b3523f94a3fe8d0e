"""Auroc: the area under the ROC curve as a summary that can be resampled."""

from dataclasses import dataclass

import numpy as np

from ...datasets.checks import check_array
from .draws import Draws, Groups
from .score import Score


@dataclass(frozen=True, eq=False)
class Auroc:
    """How often a row where it happened scores higher than one where it did not; a tie is half.

    value (N,) float64: the higher, the surer, NaN for a row that does not count; happened (N,) bool. Hanley and
    McNeil, Radiology 1982. Where nothing happened, or nothing did not: NaN with n = 0.
    """

    value: np.ndarray
    happened: np.ndarray

    def __post_init__(self) -> None:
        check_array("value", self.value, ("N",), np.float64)
        check_array("happened", self.happened, (len(self.value),), np.bool_)

    def score(self, groups: Groups) -> Score:  # noqa: ARG002 - as Summary has it
        """n: rows that count."""
        there = ~np.isnan(self.value)
        yes, no = self.value[there & self.happened], np.sort(self.value[there & ~self.happened])
        pairs = len(yes) * len(no)
        return Score(float(_below(yes, no).sum() / pairs), int(there.sum())) if pairs else Score.nothing()

    def resampled(self, groups: Groups, draws: Draws) -> np.ndarray:
        """Pairs are counted once for each two clips; a draw only weighs them."""
        wins, yes, no = self._by_clip(groups)
        weights = draws.clips.astype(np.float64)
        won = ((weights @ wins) * weights).sum(1)
        pairs = (weights @ yes) * (weights @ no)
        return np.divide(won, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)

    def _by_clip(self, groups: Groups) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs that row's clip wins over column's (C, C); rows of each clip where it happened, and did not, (C,)."""
        n_clips = len(groups.patient)
        there = ~np.isnan(self.value)
        yes, no = there & self.happened, there & ~self.happened
        wins = np.zeros((n_clips, n_clips))
        for clip in np.unique(groups.clip[no]):
            below = _below(self.value[yes], np.sort(self.value[no & (groups.clip == clip)]))
            wins[:, clip] = np.bincount(groups.clip[yes], below, n_clips)
        return wins, np.bincount(groups.clip[yes], minlength=n_clips), np.bincount(groups.clip[no], minlength=n_clips)


def _below(values: np.ndarray, ascending: np.ndarray) -> np.ndarray:
    """How many of `ascending` are below each value, those equal to it as halves."""
    return (np.searchsorted(ascending, values, "left") + np.searchsorted(ascending, values, "right")) / 2
