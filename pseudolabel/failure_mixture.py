"""Smoothing under both ways a track goes wrong: it drifts, and it fails.

Drift is a random walk and a bridge takes it out. Failure is not: an instrument drags the point away and it never comes
back, and a bridge would spread that over good frames (measured: worse than linear interpolation). So we sum over where
each track failed. The forward track is believed up to step s_f, the backward one from step s_b on, each of the (n+1)^2
pairs with each of a few drift scales c is one hypothesis, and given it the problem is linear:

    step t         believed          u_t, w_t of the bridge                     likelihood of what was seen
    both           t <= s_f, t > s_b  inverse-variance mean, 1/(1/q_f + 1/q_b)   N(df - db; q_f + q_b)
    forward only   t <= s_f           df, q_f                                   N(db - df; q_f + B)
    backward only  t > s_b            db, q_b                                   N(df - db; q_b + B)
    neither                           0, L                                      N(df; L + B) N(db; L + B)

df, db are the two tracks' steps and B the spread of a failed track's steps; a believed step also has the plausibility
of a tissue's motion, which a leap has not. Together with the bridge's evidence for the
second label and a prior hazard of failing at each step, this weighs every hypothesis; the answer is the mixture's mean
and covariance. Where both tracks hold, they are fused by inverse variance; where one was dragged off, the other takes
over where the two meet; where neither holds, the covariance says so.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..models.point_tracker import scaled
from .bridge import bridge, log_normal
from .direction import DirectedTrack

_MOST_SWITCHES: Final = 33  # of long segments every few steps only, so that the pairs stay near a thousand
_LEAST_VARIANCE: Final = 1e-4  # pixels squared: of a step in a small picture, so that no step is ever exact


@dataclass(frozen=True, eq=False)
class SmoothTrack:
    """xy (T, 2) and covariance (T, 2, 2), pixels; hidden (T,) bool.

    forward_holds, backward_holds (T,): chance that each track is still on its point; a missing track never holds.
    """

    xy: np.ndarray
    covariance: np.ndarray
    hidden: np.ndarray
    forward_holds: np.ndarray
    backward_holds: np.ndarray


@dataclass(frozen=True)
class FailureMixture:
    """The smoother. Standard deviations in pixels of a picture REFERENCE_WIDTH wide, of one step unless said otherwise.

    drift_sd: of a step where the point is seen; hidden_sd: carried by neighbours; lost_sd: of the tissue where no track
    holds; failed_sd: of a failed track's steps; motion_sd: scale of the tissue's own. hazard, hidden_hazard: chance
    that a track fails in one step. drift_scales: factors on the drift's standard deviation, equally likely beforehand.
    covariance_scale: found on moving-texture clips of seed 7, so that 90 % of trusted frames lie in the 90 % ellipse.
    """

    drift_sd: float = 0.5
    hidden_sd: float = 2.0
    lost_sd: float = 8.0
    failed_sd: float = 12.0
    motion_sd: float = 8.0
    hazard: float = 0.002
    hidden_hazard: float = 0.05
    drift_scales: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    covariance_scale: float = 1.35

    def smooth(
        self,
        first: np.ndarray,
        last: np.ndarray | None,
        forward: DirectedTrack,
        backward: DirectedTrack | None,
        *,
        width: int,
        label_variance: float,
    ) -> SmoothTrack:
        """Fuse the tracks between labels `first` and `last` (2,) of a picture `width` pixels wide.

        last and backward None: the track is open at its far end, and grows uncertain. label_variance: of each label,
        per axis, pixels squared.
        """
        steps = _Steps.of(self, forward, backward, scaled(1.0, width))
        believed, prior = self._hypotheses(forward, backward)
        index = np.arange(believed.shape[1])
        shift, variance, seen = (table[:, believed, index] for table in (steps.shift, steps.variance, steps.seen))
        path = bridge(first, last, shift, variance, label_variance)
        log_weight = path.log_evidence + seen.sum(-1) + prior
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        held = weight.sum(0)
        forward_holds = np.concatenate([[1.0], held @ (believed % 2 == 1)])
        backward_holds = np.concatenate([held @ (believed >= 2), [0.0 if backward is None else 1.0]])
        hidden = forward.hidden
        if backward is not None:
            hidden = np.where(forward_holds >= backward_holds, forward.hidden, backward.hidden)
        mean, covariance = _moments(path.xy, path.variance, weight)
        return SmoothTrack(mean, covariance * self.covariance_scale, hidden, forward_holds, backward_holds)

    def _hypotheses(self, forward: DirectedTrack, backward: DirectedTrack | None) -> tuple[np.ndarray, np.ndarray]:
        """Who is believed at each step, (H, n): bit 0 forward, bit 1 backward; and each hypothesis' log prior (H,)."""
        n = len(forward.xy) - 1
        switches = np.unique(np.linspace(0, n, min(n + 1, _MOST_SWITCHES)).round().astype(int))
        step = np.arange(1, n + 1)
        forward_prior = _last_good(self._hazards(forward)[1:])
        if backward is None:
            return (step <= switches[:, None]).astype(int), forward_prior[switches]
        backward_prior = _last_good(self._hazards(backward)[:-1][::-1])[::-1]
        f, b = (pair.reshape(-1) for pair in np.meshgrid(switches, switches, indexing="ij"))
        believed = (step <= f[:, None]) + 2 * (step > b[:, None])
        return believed, forward_prior[f] + backward_prior[b]

    def _hazards(self, track: DirectedTrack) -> np.ndarray:
        hazard = np.where(track.hidden, self.hidden_hazard, self.hazard)
        return np.where(np.isfinite(track.step_error), hazard, np.maximum(hazard, 0.2))


@dataclass(frozen=True, eq=False)
class _Steps:
    """By drift scale, who is believed (0 neither, 1 forward, 2 backward, 3 both) and step: the bridge's input.

    shift (C, 4, n, 2), variance (C, 4, n), seen (C, 4, n): log likelihood of the tracks' steps.
    """

    shift: np.ndarray
    variance: np.ndarray
    seen: np.ndarray

    @classmethod
    def of(cls, m: FailureMixture, forward: DirectedTrack, backward: DirectedTrack | None, pixel: float) -> "_Steps":
        lost, failed = (m.lost_sd * pixel) ** 2, (m.failed_sd * pixel) ** 2
        df, qf = np.diff(forward.xy, axis=0), _step_variances(m, forward, pixel, arriving=True)
        still, unknown = np.zeros((*qf.shape, 2)), np.full_like(qf, lost)
        if backward is None:
            shift = np.stack([still, still + df], axis=1)
            return cls(shift, np.stack([unknown, qf], axis=1), np.zeros((len(qf), 2, len(df))))
        db, qb = np.diff(backward.xy, axis=0), _step_variances(m, backward, pixel, arriving=False)
        both = 1 / (1 / qf + 1 / qb)
        mean = both[..., None] * (df / qf[..., None] + db / qb[..., None])
        apart = db - df
        neither = log_normal(df, unknown + failed) + log_normal(db, unknown + failed)
        motion = (m.motion_sd * pixel) ** 2
        seen = [
            neither,
            log_normal(apart, qf + failed) + _log_motion(df, motion),
            log_normal(apart, qb + failed) + _log_motion(db, motion),
            log_normal(apart, qf + qb) + _log_motion(mean, motion),
        ]
        return cls(
            shift=np.stack([still, still + df, still + db, mean], axis=1),
            variance=np.stack([unknown, qf, qb, both], axis=1),
            seen=np.stack(seen, axis=1),
        )


def _log_motion(step: np.ndarray, variance: float) -> np.ndarray:
    """Log plausibility of a tissue step (..., 2): Cauchy, as real clips drop frames and leap; 0 at rest."""
    return -1.5 * np.log1p(np.sum(step**2, axis=-1) / variance)


def _moments(xy: np.ndarray, variance: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (T, 2) and covariance (T, 2, 2) of the mixture of paths xy (C, H, T, 2) with variance (C, H, T)."""
    mean = np.einsum("ch,chtk->tk", weight, xy)
    off = xy - mean
    covariance = np.einsum("ch,chtk,chtl->tkl", weight, off, off)
    covariance += np.einsum("ch,cht->t", weight, variance)[:, None, None] * np.eye(2)
    return mean, covariance


def _step_variances(m: FailureMixture, track: DirectedTrack, pixel: float, *, arriving: bool) -> np.ndarray:
    """Variance of each of the n steps by drift scale, (C, n); a step that starts or ends hidden counts as hidden."""
    side = slice(1, None) if arriving else slice(None, -1)
    error = np.where(np.isfinite(track.step_error[side]), track.step_error[side], m.lost_sd * pixel)
    hidden = track.hidden[1:] | track.hidden[:-1]
    sd = np.where(hidden, m.hidden_sd, m.drift_sd) * pixel * np.array(m.drift_scales)[:, None]
    # The search's own miss says nothing of a place that neighbours carried the point to.
    return sd**2 + np.where(hidden, 0.0, error) ** 2 + _LEAST_VARIANCE


def _last_good(hazard: np.ndarray) -> np.ndarray:
    """Log chance (n + 1,) that a track's last good step is s = 0..n, from the chance of failing in each step (n,)."""
    survived = np.concatenate([[0.0], np.cumsum(np.log1p(-hazard))])
    return survived + np.concatenate([np.log(hazard), [0.0]])
