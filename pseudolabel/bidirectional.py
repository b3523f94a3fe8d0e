"""Smoothing under both ways a track goes wrong: it drifts, and it fails.

Drift is a random walk and two labels take most of it out. Failure is not: an instrument drags the point away, and what
would spread that over good frames is worse than linear interpolation. So we first ask which track holds at which frame
(`holding`), then solve for the path as one Gaussian. With x (T,) one coordinate of the path, f the forward track, h_t
the chance that it holds at t, W_t the variance of its drift up to there and R its label's variance:

    f = x + e,   e ~ N(0, C),   C_st = R + W_min(s,t) + [s = t] D^2 (1 - h_t) / h_t,

so that a frame on which it is lost, D off, tells next to nothing; the same for the backward track, whose drift counts
from the other label. The tissue's steps are N(0, p^2), which leads across frames where neither holds. Both labels are
in there, as the frames on which their tracks begin. The answer's covariance also counts how far apart the tracks are
where they disagree and it is unsure which to believe, and the drift is scaled up where both are to hold at a distance
that it does not explain (`_misfit`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np

from ..models.point_tracker import scaled
from .direction import DirectedTrack
from .holding import BACKWARD, BOTH, FORWARD, Drifting, Holding, HoldingModel, holding
from .smooth_track import SmoothTrack

_LEAST_VARIANCE: Final = 1e-4  # pixels squared: of a step in a small picture, so that no step is ever exact
_LEAST_CHANCE: Final = 1e-4


@dataclass(frozen=True)
class Bidirectional:
    """The smoother. Lengths in pixels of a picture REFERENCE_WIDTH wide; all numbers are ours.

    drift_sd: of a step where the point is seen; hidden_sd: of one carried by neighbours; most_miss: what a step's own
    miss adds to that at most; drift_scales: factors on all three, equally likely beforehand. fail, fail_hidden: chance
    that a track that holds is lost in one step, where it is seen and where hidden; recover: that a lost one is found
    again. motion: scale of the tissue's steps where all is still, junk: of a lost track's, with_tissue: the share of
    these that are the tissue's, as it sits elsewhere. path_sd: of the tissue's steps where no track holds. doubt: how
    far off a lost track is. label_factor: on the stated variance of labels, which is a robust one; label_shared: the
    part of it that both labels of a segment have in common, as a person is off in the same way again and again: no
    smoothing takes that out.
    Found on phantom clips (`bleedorigin-track`, seed 11 at scale 0.5 with four draws of annotators and without their
    errors, seeds 11 and 12 at 0.25), with the plain and the anchored Lucas-Kanade.
    """

    both_directions: ClassVar[bool] = True

    drift_sd: float = 0.3
    hidden_sd: float = 0.4
    most_miss: float = 8.0
    drift_scales: tuple[float, ...] = (1.0, 2.0, 4.0)
    fail: float = 0.005
    fail_hidden: float = 0.02
    recover: float = 0.01
    motion: float = 1.2
    junk: float = 20.0
    with_tissue: float = 0.5
    path_sd: float = 6.0
    doubt: float = 100.0
    label_factor: float = 1.3
    label_shared: float = 0.4

    def smooth(
        self,
        first: np.ndarray,  # noqa: ARG002
        last: np.ndarray | None,
        forward: DirectedTrack,
        backward: DirectedTrack | None,
        *,
        width: int,
        label_variance: float,
    ) -> SmoothTrack:
        """Fuse the tracks, which begin on the labels `first` and `last` (2,), of a picture `width` pixels wide.

        last and backward None: the track is open at its far end, and grows uncertain. label_variance: of a label
        without doubt, per axis, pixels squared. Raises ValueError for the one without the other.
        """
        if (last is None) != (backward is None):
            raise ValueError("a backward track and the label that it begins on come together or not at all")
        label = label_variance * self.label_factor
        there = self._drifting(forward, label, width, against_time=False)
        if backward is None:
            return self._open(there, width)
        back = self._drifting(backward, label, width, against_time=True)
        held = holding(self._model([there, back], width), there, back)
        held = replace(held, drift=held.drift * _misfit(there, back, held))
        xy, variance = self._path(there, back, held, label * self.label_shared, width)
        covariance = variance[:, None, None] * np.eye(2)
        for state, track in ((FORWARD, forward), (BACKWARD, backward)):
            off = _shortened(track.xy - xy, scaled(self.doubt, width))
            covariance += held.chance[:, state, None, None] * off[:, :, None] * off[:, None, :]
        hidden = np.where(held.forward >= held.backward, forward.hidden, backward.hidden)
        return SmoothTrack(xy, covariance, hidden, held.forward, held.backward)

    def _path(
        self, there: Drifting, back: Drifting, held: Holding, shared: float, width: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The most likely path (T, 2) and its variance (T,) per axis. shared: variance that both labels share."""
        precision = _walk_precision(len(held.chance), scaled(self.path_sd, width) ** 2)
        information = np.zeros_like(there.track.xy)
        for drifting, chance in ((there, held.forward), (back, held.backward)):
            errors = held.drift * drifting.walked
            errors = drifting.label_variance - shared + np.minimum(errors[:, None], errors)
            likely = np.maximum(chance, _LEAST_CHANCE)
            lost = scaled(self.doubt, width) ** 2 * (1 - likely) / likely
            told = np.linalg.inv(errors + np.diag(lost + _LEAST_VARIANCE))
            precision = precision + told
            information += told @ drifting.track.xy
        variance = np.linalg.inv(precision)
        return variance @ information, np.diag(variance) + shared

    def _open(self, there: Drifting, width: int) -> SmoothTrack:
        """The forward track itself: lost or not, there is nothing better to follow."""
        held = holding(self._model([there], width), there, None)
        lost = scaled(self.doubt, width) ** 2 * (1 - held.forward)
        variance = there.label_variance + held.drift * there.walked + lost
        covariance = variance[:, None, None] * np.eye(2)
        return SmoothTrack(there.track.xy, covariance, there.track.hidden, held.forward, held.backward)

    def _model(self, tracks: Sequence[Drifting], width: int) -> HoldingModel:
        """What holding is judged by; the tissue's steps are about as large as most of the tracks' are."""
        usual = np.median(np.concatenate([np.linalg.norm(track.steps, axis=1) for track in tracks]))
        return HoldingModel(
            fail=self.fail,
            fail_hidden=self.fail_hidden,
            recover=self.recover,
            motion=float(np.hypot(scaled(self.motion, width), usual)),
            junk=scaled(self.junk, width),
            with_tissue=self.with_tissue,
            span=float(width),
            drift_scales=self.drift_scales,
        )

    def _drifting(self, track: DirectedTrack, label: float, width: int, *, against_time: bool) -> Drifting:
        """The track with its errors; a step that starts or ends hidden counts as hidden."""
        hidden = track.hidden[1:] | track.hidden[:-1]
        miss = track.step_error[:-1] if against_time else track.step_error[1:]
        # The search's own miss says nothing of a place that neighbours carried the point to.
        miss = np.where(hidden, 0.0, np.minimum(miss, scaled(self.most_miss, width)))
        drift = np.where(hidden, scaled(self.hidden_sd, width), scaled(self.drift_sd, width))
        return Drifting(track, drift**2 + miss**2 + _LEAST_VARIANCE, label * track.label_doubt, against_time)


def _misfit(there: Drifting, back: Drifting, held: Holding) -> float:
    """How many times the drift must be what was assumed, 1 at the least, for where the tracks are to be explained.

    Mean of |d_t|^2 / 2 var d_t over frames, d their distance, weighed by the chance that both hold: the Birge ratio
    (Phys. Rev. 40, 1932, p. 207). Steps alone say too little: drift that never turns is small in each of them.
    """
    variance = there.label_variance + back.label_variance + held.drift * (there.walked + back.walked)
    apart = np.sum((there.track.xy - back.track.xy) ** 2, axis=1)
    return max(1.0, float(np.mean(held.chance[:, BOTH] * apart / (2 * variance))))


def _shortened(offset: np.ndarray, most: float) -> np.ndarray:
    """Offsets (T, 2) no longer than `most`: a track a whole picture away, once in ten thousand, is no doubt."""
    length = np.linalg.norm(offset, axis=1, keepdims=True)
    return offset * most / np.maximum(length, most)


def _walk_precision(frames: int, variance: float) -> np.ndarray:
    """Precision (T, T) of a path whose steps have this variance and whose place is free."""
    difference = np.diff(np.eye(frames), axis=0)
    return difference.T @ difference / variance
