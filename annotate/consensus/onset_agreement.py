"""How far people agree on when a clip begins to bleed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from ...datasets.schema import Clip, OnsetLabel
from .bland_altman import BlandAltman, bland_altman
from .krippendorff_alpha import interval_alpha, nominal_alpha
from .patient_interval import Estimate, over_patients
from .votes import Votes

LIMITS_S: Final = (0.1, 0.5, 1.0)


@dataclass(frozen=True)
class OnsetPair:
    """Two people's onsets of one clip, a before b by name; frames, -1 for never. fps: of the clip."""

    clip_id: str
    patient_id: str
    a: str
    b: str
    frame_a: int
    frame_b: int
    fps: float

    @property
    def frames(self) -> float:
        """A minus b in frames; NaN unless both say that it bleeds."""
        return float(self.frame_a - self.frame_b) if min(self.frame_a, self.frame_b) >= 0 else np.nan


@dataclass(frozen=True)
class OnsetAgreement:
    """clips: with two people's onsets or more. median_frames, median_s, worst_frames, within_s: of the differences'
    size, of pairs who both say that it bleeds. bleeds_alpha: nominal, whether it does; alpha: interval, seconds from
    the clip's start. offset: by pair of people, a minus b, frames.
    """

    annotators: tuple[str, ...]
    clips: int
    pairs: tuple[OnsetPair, ...]
    median_frames: Estimate
    worst_frames: float
    median_s: Estimate
    within_s: Mapping[float, Estimate]
    same_bleeds: Estimate
    bleeds_alpha: float
    alpha: float
    offset: Mapping[tuple[str, str], BlandAltman]


def onset_agreement(votes: Iterable[Votes[OnsetLabel]], clips: Mapping[str, Clip]) -> OnsetAgreement | None:
    """Agreement of everybody's own onsets; None where nobody gave one that another gave.

    Clips cut so that all begin to bleed at the same frame have no spread for alpha to compare with: it is then near 0
    however well people agree.
    """
    shared = [vote for vote in votes if len(vote.own) > 1]
    if not shared:
        return None
    names = tuple(sorted({name for vote in shared for name in vote.own}))
    pairs = tuple(pair for vote in shared for pair in _pairs(vote, clips[vote.clip_id]))
    patients = [pair.patient_id for pair in pairs]
    frames = np.abs(np.array([pair.frames for pair in pairs]))
    seconds = frames / np.array([pair.fps for pair in pairs])
    same = np.array([float((pair.frame_a < 0) == (pair.frame_b < 0)) for pair in pairs])
    within = {limit: np.where(np.isfinite(seconds), seconds <= limit, np.nan) for limit in LIMITS_S}
    return OnsetAgreement(
        annotators=names,
        clips=len(shared),
        pairs=pairs,
        median_frames=over_patients(frames, patients, np.median),
        worst_frames=float(np.nanmax(frames)) if np.isfinite(frames).any() else np.nan,
        median_s=over_patients(seconds, patients, np.median),
        within_s={limit: over_patients(inside, patients, np.mean) for limit, inside in within.items()},
        same_bleeds=over_patients(same, patients, np.mean),
        bleeds_alpha=nominal_alpha(_matrix(shared, names, clips, bleeds=True)),
        alpha=interval_alpha(_matrix(shared, names, clips, bleeds=False)),
        offset={(a, b): _offset(a, b, pairs) for a, b in combinations(names, 2)},
    )


def _pairs(vote: Votes[OnsetLabel], clip: Clip) -> Iterable[OnsetPair]:
    for a, b in combinations(vote.own, 2):
        frames = vote.own[a].frame, vote.own[b].frame
        yield OnsetPair(vote.clip_id, clip.patient_id, a, b, *frames, clip.fps)


def _matrix(
    votes: Sequence[Votes[OnsetLabel]], names: Sequence[str], clips: Mapping[str, Clip], *, bleeds: bool
) -> np.ndarray:
    """(clips, people): 1 or 0 for whether it bleeds, or the second at which; NaN where nothing is said."""
    found = np.full((len(votes), len(names)), np.nan)
    for row, vote in enumerate(votes):
        for name, label in vote.own.items():
            if bleeds:
                found[row, names.index(name)] = label.frame >= 0
            elif label.frame >= 0:
                found[row, names.index(name)] = label.frame / clips[vote.clip_id].fps
    return found


def _offset(a: str, b: str, pairs: Sequence[OnsetPair]) -> BlandAltman:
    frames = np.array([pair.frames for pair in pairs if (pair.a, pair.b) == (a, b)])
    return bland_altman(frames[np.isfinite(frames)])
