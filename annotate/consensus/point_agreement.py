"""How far people agree on points: where they click, whether they see the target, and who is off in which direction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from ...datasets.schema import Clip, PointLabel
from .bland_altman import BlandAltman, bland_altman
from .intraclass_correlation import IntraclassCorrelation, intraclass_correlation
from .krippendorff_alpha import interval_alpha, nominal_alpha
from .patient_interval import Estimate, over_patients
from .votes import Votes

LIMITS_PX: Final = (10, 25, 50)
LIMITS_DIAGONAL: Final = (0.01, 0.02, 0.05)
AXES: Final = ("x", "y")


@dataclass(frozen=True)
class PointPair:
    """Two people's points of one target in one frame, a before b by name; xy in pixels, None: says it is not visible.

    diagonal: of the frame, pixels.
    """

    clip_id: str
    patient_id: str
    frame: int
    target: str
    a: str
    b: str
    xy_a: tuple[float, float] | None
    xy_b: tuple[float, float] | None
    diagonal: float

    @property
    def difference(self) -> tuple[float, float]:
        """A minus b in pixels; NaN unless both see the target."""
        if self.xy_a is None or self.xy_b is None:
            return np.nan, np.nan
        return self.xy_a[0] - self.xy_b[0], self.xy_a[1] - self.xy_b[1]

    @property
    def distance(self) -> float:
        """Pixels between the two; NaN unless both see the target."""
        return float(np.hypot(*self.difference))


@dataclass(frozen=True)
class AxisAgreement:
    """One axis over all annotators. icc: of the frames where everybody sees the target; alpha: of any two."""

    icc: IntraclassCorrelation
    alpha: float


@dataclass(frozen=True)
class PointCouple:
    """Two people: how far apart, in pixels, and a's offset from b by axis. pairs: frames both labelled."""

    a: str
    b: str
    pairs: int
    both_visible: int
    median_px: float
    p90_px: float
    offset: Mapping[str, BlandAltman]
    icc: Mapping[str, IntraclassCorrelation]


@dataclass(frozen=True)
class PointAgreement:
    """places: frames and targets that two people or more labelled; pairs: of people on them.

    median_px, p90_px, within_px (by limit): of the distances of pairs who both see the target, pixels of the stored
    frame; median_diagonal, p90_diagonal, within_diagonal: the same as shares of the frame's diagonal. same_visibility:
    share of pairs who agree whether it can be seen; visibility_alpha: the same beyond chance.
    """

    annotators: tuple[str, ...]
    places: int
    pairs: tuple[PointPair, ...]
    median_px: Estimate
    p90_px: Estimate
    within_px: Mapping[int, Estimate]
    median_diagonal: Estimate
    p90_diagonal: Estimate
    within_diagonal: Mapping[float, Estimate]
    same_visibility: Estimate
    visibility_alpha: float
    axes: Mapping[str, AxisAgreement]
    couples: tuple[PointCouple, ...]


def point_agreement(votes: Iterable[Votes[PointLabel]], clips: Mapping[str, Clip]) -> PointAgreement | None:
    """Agreement of everybody's own labels; None where nobody labelled what another did.

    Positions are pixels of the stored frame: a cohort of several frame sizes is better read by the diagonal.
    """
    shared = [vote for vote in votes if len(vote.own) > 1]
    if not shared:
        return None
    names = tuple(sorted({name for vote in shared for name in vote.own}))
    pairs = tuple(pair for vote in shared for pair in _pairs(vote, clips[vote.clip_id]))
    patients = [pair.patient_id for pair in pairs]
    px = np.array([pair.distance for pair in pairs])
    share = px / np.array([pair.diagonal for pair in pairs])
    same = np.array([float((pair.xy_a is None) == (pair.xy_b is None)) for pair in pairs])
    places = _positions(shared, names)
    return PointAgreement(
        annotators=names,
        places=len(shared),
        pairs=pairs,
        median_px=over_patients(px, patients, np.median),
        p90_px=over_patients(px, patients, _p90),
        within_px={limit: _within(px, limit, patients) for limit in LIMITS_PX},
        median_diagonal=over_patients(share, patients, np.median),
        p90_diagonal=over_patients(share, patients, _p90),
        within_diagonal={limit: _within(share, limit, patients) for limit in LIMITS_DIAGONAL},
        same_visibility=over_patients(same, patients, np.mean),
        visibility_alpha=nominal_alpha(_visibility(shared, names)),
        axes={axis: _axis(places[..., i]) for i, axis in enumerate(AXES)},
        couples=tuple(_couple(a, b, pairs) for a, b in combinations(names, 2)),
    )


def xy_of(label: PointLabel) -> tuple[float, float] | None:
    """Where a label says the target is, None for `not visible`."""
    return (label.x, label.y) if label.visible else None


def _pairs(vote: Votes[PointLabel], clip: Clip) -> Iterable[PointPair]:
    diagonal = float(np.hypot(clip.size.width, clip.size.height))
    for a, b in combinations(vote.own, 2):
        said = xy_of(vote.own[a]), xy_of(vote.own[b])
        yield PointPair(vote.clip_id, clip.patient_id, vote.frame, vote.target, a, b, *said, diagonal)


def _positions(votes: Sequence[Votes[PointLabel]], names: Sequence[str]) -> np.ndarray:
    """(places, people, 2) pixels, NaN where somebody did not label it or does not see it."""
    found = np.full((len(votes), len(names), 2), np.nan)
    for row, vote in enumerate(votes):
        for name, label in vote.own.items():
            if label.visible:
                found[row, names.index(name)] = label.x, label.y
    return found


def _visibility(votes: Sequence[Votes[PointLabel]], names: Sequence[str]) -> np.ndarray:
    """(places, people): 1 sees it, 0 does not, NaN did not label it."""
    return np.array([[float(vote.own[n].visible) if n in vote.own else np.nan for n in names] for vote in votes])


def _axis(values: np.ndarray) -> AxisAgreement:
    complete = values[np.isfinite(values).all(axis=1)]
    return AxisAgreement(intraclass_correlation(complete), interval_alpha(values))


def _couple(a: str, b: str, pairs: Sequence[PointPair]) -> PointCouple:
    both = [pair for pair in pairs if (pair.a, pair.b) == (a, b)]
    seen = [pair for pair in both if np.isfinite(pair.distance)]
    distance = np.array([pair.distance for pair in seen])
    offset = np.array([pair.difference for pair in seen], dtype=np.float64).reshape(-1, 2)
    rated = np.array([(pair.xy_a, pair.xy_b) for pair in seen], dtype=np.float64).reshape(-1, 2, 2)
    return PointCouple(
        a,
        b,
        len(both),
        len(seen),
        float(np.median(distance)) if seen else np.nan,
        float(_p90(distance)) if seen else np.nan,
        {axis: bland_altman(offset[:, i]) for i, axis in enumerate(AXES)},
        {axis: intraclass_correlation(rated[:, :, i]) for i, axis in enumerate(AXES)},
    )


def _p90(values: np.ndarray) -> float:
    return float(np.quantile(values, 0.9))


def _within(values: np.ndarray, limit: float, patients: Sequence[str]) -> Estimate:
    inside = np.where(np.isfinite(values), values <= limit, np.nan)
    return over_patients(inside, patients, np.mean)
