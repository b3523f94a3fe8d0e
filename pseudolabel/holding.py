"""Which of two tracks holds at which frame: a Markov chain over neither, forward, backward and both.

A track holds while it is on its point. Each fails and is found again by a chain of its own, from its own label: there
it holds for certain. What the tracks do from frame t-1 to t then has a likelihood under each pair of states:

    held before and after   the tissue's step, which is small: Cauchy, as real clips drop frames and leap
    forward to backward     the step from the one track's place to the other's: tracks change over where they meet
    both, before and after  their distance goes on as two drifts' does that each vanish at their own label
    both, from now on       the two tracks' places differ by two labels' errors and all drift so far
    lost                    steps of any size: Cauchy, much wider; beside one that holds, maybe as that one's

Forward-backward recursion (Rabiner, Proc. IEEE 1989, Sec. III) gives each state's chance at each frame, exactly and in
time linear in T. It runs once for each of a few scales of drift, which the chain's own evidence weighs.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .bridge import log_normal
from .direction import DirectedTrack

FORWARD: Final = 1
BACKWARD: Final = 2
BOTH: Final = FORWARD | BACKWARD
_NEVER: Final = -1e9  # log chance; finite, so that differences stay numbers


@dataclass(frozen=True)
class HoldingModel:
    """Lengths in pixels of the picture. fail, fail_hidden, recover: chances in one step, as `Bidirectional` has them.

    motion, junk: scales of the steps of tissue and of a lost track. with_tissue: share of a lost track's steps that are
    the tissue's. span: width of the picture, within which a lost track may be anywhere. drift_scales: factors on the
    drift's standard deviation, equally likely beforehand.
    """

    fail: float
    fail_hidden: float
    recover: float
    motion: float
    junk: float
    with_tissue: float
    span: float
    drift_scales: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Drifting:
    """A track and what errors it has, per axis, pixels squared. against_time: it runs backward from the later label.

    variance (n,): of its drift in each of its n steps; label_variance: of the label that it starts on.
    """

    track: DirectedTrack
    variance: np.ndarray
    label_variance: float
    against_time: bool

    @property
    def walked(self) -> np.ndarray:
        """Variance of all drift since the track's own label, (T,)."""
        if self.against_time:
            return np.concatenate([np.cumsum(self.variance[::-1])[::-1], [0.0]])
        return np.concatenate([[0.0], np.cumsum(self.variance)])

    @property
    def steps(self) -> np.ndarray:
        """(n, 2) pixels, in the order of time."""
        return np.diff(self.track.xy, axis=0)


@dataclass(frozen=True, eq=False)
class Holding:
    """chance (T, 4): of neither, FORWARD alone, BACKWARD alone, BOTH. drift: factor on the drift's variance."""

    chance: np.ndarray
    drift: float

    @property
    def forward(self) -> np.ndarray:
        """Chance that the forward track holds, (T,)."""
        return self.chance[:, FORWARD] + self.chance[:, BOTH]

    @property
    def backward(self) -> np.ndarray:
        """Chance that the backward track holds, (T,)."""
        return self.chance[:, BACKWARD] + self.chance[:, BOTH]


def holding(model: HoldingModel, forward: Drifting, backward: Drifting | None) -> Holding:
    """Each state's chance at each frame; without a backward track that is one of the first two states."""
    scales = np.square(model.drift_scales)
    n = len(forward.variance)
    start = np.full((len(scales), 4), _NEVER)
    step = np.full((len(scales), n, 4, 4), _NEVER)
    if backward is None:
        start[:, FORWARD] = 0.0
        step[:, :, :BACKWARD, :BACKWARD] = _one_track(model, forward) + _changes(model, forward)
        return _answer(scales, start, step)
    apart = forward.track.xy - backward.track.xy
    labels = forward.label_variance + backward.label_variance
    start[:, BOTH] = log_normal(apart[0], labels + scales * backward.walked[0])
    start[:, FORWARD] = 0.0
    step[:] = _two_tracks(model, forward, backward, scales)
    state = np.arange(4)
    for bit, track in ((0, forward), (1, backward)):
        holds = (state >> bit) & 1
        step += _changes(model, track)[:, holds[:, None], holds]
    step[:, -1, :, :BACKWARD] = _NEVER
    return _answer(scales, start, step)


def _changes(model: HoldingModel, drifting: Drifting) -> np.ndarray:
    """Log chance (n, 2, 2) of lost or holding at t-1, then at t, as the track goes from its own label."""
    hidden = drifting.track.hidden
    fail = np.where(hidden[:-1] if drifting.against_time else hidden[1:], model.fail_hidden, model.fail)
    recover = np.full_like(fail, model.recover)
    table = np.log(np.stack([np.stack([1 - recover, recover], -1), np.stack([fail, 1 - fail], -1)], axis=1))
    return table.swapaxes(1, 2) if drifting.against_time else table


def _one_track(model: HoldingModel, forward: Drifting) -> np.ndarray:
    """Log likelihood (n, 2, 2) of the forward track's steps, lost or holding before and after."""
    seen = np.tile(_log_cauchy(forward.steps, model.junk)[:, None, None], (1, 2, 2))
    seen[:, 1, 1] = _log_cauchy(forward.steps, model.motion)
    return seen


def _two_tracks(model: HoldingModel, forward: Drifting, backward: Drifting, scales: np.ndarray) -> np.ndarray:
    """Log likelihood (C, n, 4, 4) of both tracks' steps, by scale, step, state before and after.

    A lost track's steps count from where it left the point, in the direction in which it runs: the forward one's that
    arrive at a frame on which it is lost, the backward one's that leave it. That way time may as well run backward.
    """
    there, back = forward.track.xy, backward.track.xy
    labels = forward.label_variance + backward.label_variance
    agree = log_normal(np.diff(there - back, axis=0), scales[:, None] * (forward.variance + backward.variance))
    go_on = _distance_goes_on(forward, backward, scales)
    meet = log_normal(there - back, labels + scales[:, None] * (forward.walked + backward.walked))[:, 1:]
    share = (backward.variance / (forward.variance + backward.variance))[:, None]
    nowhere = -np.log(2 * np.pi * model.span**2)
    change_over = (model.motion**2 + labels) ** 0.5
    moved = {
        (FORWARD, BACKWARD): _log_cauchy(back[1:] - there[:-1], change_over),
        (BACKWARD, FORWARD): _log_cauchy(there[1:] - back[:-1], change_over),
    }
    common = {
        FORWARD: _log_cauchy(forward.steps, model.motion),
        BACKWARD: _log_cauchy(backward.steps, model.motion),
        BOTH: _log_cauchy(share * forward.steps + (1 - share) * backward.steps, model.motion),
    }
    lost = {FORWARD: _log_cauchy(forward.steps, model.junk), BACKWARD: _log_cauchy(backward.steps, model.junk)}
    elsewhere = {bit: _elsewhere(model, anything, agree) for bit, anything in lost.items()}
    seen = np.zeros((len(scales), len(share), 4, 4))
    for before in range(4):
        for after in range(4):
            here = seen[:, :, before, after]
            if not after & FORWARD:
                here += elsewhere[FORWARD] if before == after == BACKWARD else lost[FORWARD]
            if not before & BACKWARD:
                here += elsewhere[BACKWARD] if before == after == FORWARD else lost[BACKWARD]
            if before and after:
                here += common[before & after] if before & after else moved[before, after]
            elif after:
                here += lost[FORWARD] if after & FORWARD else nowhere
            if after == BOTH:
                here += go_on if before == BOTH else meet
    return seen


def _elsewhere(model: HoldingModel, anything: np.ndarray, agree: np.ndarray) -> np.ndarray:
    """Log likelihood (C, n) of the steps of a track that has been lost beside one that holds.

    A dragged point often comes to rest on other tissue, and one that is hidden is carried by the same neighbours from
    any place: that two tracks step alike must not tell that both are on their point. anything (n,): of a lost track's
    steps, wherever they lead; agree (C, n): of steps like the other track's.
    """
    return np.logaddexp(anything + np.log1p(-model.with_tissue), agree + np.log(model.with_tissue))


def _distance_goes_on(forward: Drifting, backward: Drifting, scales: np.ndarray) -> np.ndarray:
    """Log likelihood (C, n) of the tracks' distance d_t, given d_{t-1}, where both hold.

    d = F - B, two labels' errors and two drifts, of which F grows with time by steps of variance v and B, which must be
    gone at the later label, shrinks by steps of variance w. With c = var F_{t-1} + var B_t what both times share,

        d_t | d_{t-1} ~ N(d_{t-1} c / (c + w), v + c w / (c + w)).

    So two tracks that step alike at a distance that their drift cannot explain do not both hold.
    """
    apart = forward.track.xy - backward.track.xy
    labels = forward.label_variance + backward.label_variance
    shared = labels + scales[:, None] * (forward.walked[:-1] + backward.walked[1:])
    grows, shrinks = scales[:, None] * forward.variance, scales[:, None] * backward.variance
    kept = shared / (shared + shrinks)
    return log_normal(apart[1:] - kept[..., None] * apart[:-1], grows + kept * shrinks)


def _answer(scales: np.ndarray, start: np.ndarray, step: np.ndarray) -> Holding:
    chance, log_evidence = _marginals(start, step)
    weight = np.exp(log_evidence - log_evidence.max())
    weight /= weight.sum()
    return Holding(np.einsum("c,ctk->tk", weight, chance), float(weight @ scales))


def _marginals(start: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chance (C, T, K) and log evidence (C,) of chains that begin with log weight start (C, K), go on by step."""
    chains, n, states, _ = step.shape
    past, future = np.empty((chains, n + 1, states)), np.zeros((chains, n + 1, states))
    past[:, 0] = start
    for t in range(n):
        past[:, t + 1] = _log_sum(past[:, t, :, None] + step[:, t], axis=1)
    for t in reversed(range(n)):
        future[:, t] = _log_sum(step[:, t] + future[:, t + 1, None], axis=2)
    log_chance = past + future
    log_evidence = _log_sum(log_chance[:, 0], axis=1)
    return np.exp(log_chance - log_evidence[:, None, None]), log_evidence


def _log_sum(log_weight: np.ndarray, axis: int) -> np.ndarray:
    """Log of the sum of exponentials."""
    most = log_weight.max(axis, keepdims=True)
    return np.log(np.exp(log_weight - most).sum(axis)) + most.squeeze(axis)


def _log_cauchy(step: np.ndarray, scale: float) -> np.ndarray:
    """Log density of a step (..., 2) under the plane's Cauchy distribution: half of all steps are under 1.7 scales."""
    return -np.log(2 * np.pi * scale**2) - 1.5 * np.log1p(np.sum(step**2, axis=-1) / scale**2)
