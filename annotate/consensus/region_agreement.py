"""How far people agree on regions: overlap, outlines, and each person beside what all of them drew."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...datasets.schema import Clip, MaskLabel
from .krippendorff_alpha import nominal_alpha
from .patient_interval import Estimate, over_patients
from .region_distance import boundary_distance, dice
from .staple import staple
from .votes import Votes

ReadMask = Callable[[MaskLabel], np.ndarray]


@dataclass(frozen=True)
class RegionPair:
    """Two people's regions in one frame, a before b by name. area_a, area_b: pixels. dice: NaN where both are empty.

    boundary_mean, hausdorff_95: pixels, NaN where one is empty. diagonal: of the frame, pixels.
    """

    clip_id: str
    patient_id: str
    frame: int
    target: str
    a: str
    b: str
    area_a: int
    area_b: int
    dice: float
    boundary_mean: float
    hausdorff_95: float
    diagonal: float


@dataclass(frozen=True)
class Drawer:
    """One person beside STAPLE's region of everybody's. frames: where two people or more drew one."""

    name: str
    sensitivity: float
    specificity: float
    frames: int


@dataclass(frozen=True)
class RegionAgreement:
    """places: frames and targets that two people or more judged. dice: mean of pairs of whom one drew something.

    boundary_mean, hausdorff_95: means of pairs who both drew, pixels; boundary_diagonal: share of the diagonal.
    same_presence: share of pairs who agree whether there is any region; presence_alpha: the same beyond chance.
    couples: mean Dice by pair of people. drawers: by STAPLE.
    """

    annotators: tuple[str, ...]
    places: int
    pairs: tuple[RegionPair, ...]
    dice: Estimate
    boundary_mean: Estimate
    hausdorff_95: Estimate
    boundary_diagonal: Estimate
    same_presence: Estimate
    presence_alpha: float
    couples: Mapping[tuple[str, str], Estimate]
    drawers: tuple[Drawer, ...]


def region_agreement(
    votes: Iterable[Votes[MaskLabel]], clips: Mapping[str, Clip], read: ReadMask
) -> RegionAgreement | None:
    """Agreement of everybody's own regions; None where nobody drew what another did. read: a label's mask.

    Masks of one place are in memory at a time; `votes` may show progress.
    """
    names: set[str] = set()
    presence: list[dict[str, float]] = []
    pairs: list[RegionPair] = []
    rates: dict[str, list[tuple[float, float]]] = {}
    for vote in votes:
        if len(vote.own) > 1:
            masks = {name: read(label) for name, label in vote.own.items()}
            names.update(masks)
            presence.append({name: float(mask.any()) for name, mask in masks.items()})
            pairs.extend(_pairs(vote, clips[vote.clip_id], masks))
            _rate(masks, rates)
    return _summary(tuple(sorted(names)), pairs, presence, rates) if pairs else None


def _pairs(vote: Votes[MaskLabel], clip: Clip, masks: Mapping[str, np.ndarray]) -> Iterator[RegionPair]:
    diagonal = float(np.hypot(clip.size.width, clip.size.height))
    for a, b in combinations(masks, 2):
        apart = boundary_distance(masks[a], masks[b])
        yield RegionPair(
            vote.clip_id,
            clip.patient_id,
            vote.frame,
            vote.target,
            a,
            b,
            int(masks[a].sum()),
            int(masks[b].sum()),
            dice(masks[a], masks[b]),
            apart.mean,
            apart.hausdorff_95,
            diagonal,
        )


def _rate(masks: Mapping[str, np.ndarray], rates: dict[str, list[tuple[float, float]]]) -> None:
    """Everybody's sensitivity and specificity in one frame, among those who drew something there."""
    drawn = {name: mask for name, mask in masks.items() if mask.any()}
    if len(drawn) > 1:
        found = staple(list(drawn.values()))
        for name, *rate in zip(drawn, found.sensitivity, found.specificity, strict=True):
            rates.setdefault(name, []).append((rate[0], rate[1]))


def _summary(
    names: tuple[str, ...],
    pairs: Sequence[RegionPair],
    presence: Sequence[Mapping[str, float]],
    rates: Mapping[str, Sequence[tuple[float, float]]],
) -> RegionAgreement:
    patients = [pair.patient_id for pair in pairs]
    overlap = np.array([pair.dice for pair in pairs])
    boundary = np.array([pair.boundary_mean for pair in pairs])
    hausdorff = np.array([pair.hausdorff_95 for pair in pairs])
    share = boundary / np.array([pair.diagonal for pair in pairs])
    same = np.array([float((pair.area_a > 0) == (pair.area_b > 0)) for pair in pairs])
    of = {couple: [(p.a, p.b) == couple for p in pairs] for couple in combinations(names, 2)}
    return RegionAgreement(
        annotators=names,
        places=len(presence),
        pairs=tuple(pairs),
        dice=over_patients(overlap, patients, np.mean),
        boundary_mean=over_patients(boundary, patients, np.mean),
        hausdorff_95=over_patients(hausdorff, patients, np.mean),
        boundary_diagonal=over_patients(share, patients, np.mean),
        same_presence=over_patients(same, patients, np.mean),
        presence_alpha=nominal_alpha(np.array([[here.get(name, np.nan) for name in names] for here in presence])),
        couples={
            couple: over_patients(np.where(mine, overlap, np.nan), patients, np.mean) for couple, mine in of.items()
        },
        drawers=tuple(_drawer(name, found) for name, found in sorted(rates.items())),
    )


def _drawer(name: str, rates: Sequence[tuple[float, float]]) -> Drawer:
    sensitivity, specificity = np.mean(rates, axis=0)
    return Drawer(name, float(sensitivity), float(specificity), len(rates))
