"""What several people's regions of one target in one frame come to, by the rules of the same name as for points.

A rule is given what people drew. least: the Dice from which on two regions count as the same. None: a person must
decide. In every rule a reviewed region stands alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...datasets.schema import MaskLabel, Review
from .point_rules import TeamOf
from .region_distance import dice
from .staple import staple as estimated
from .votes import standing


@dataclass(frozen=True, eq=False)
class Drawn:
    """A current human label that nobody rejected, and its mask (H, W) bool."""

    label: MaskLabel
    mask: np.ndarray


def mean(drawn: Sequence[Drawn]) -> np.ndarray | None:
    """The region whose outline runs midway: where the mean signed distance to everybody's outline is inside.

    Rohlfing & Maurer 2007 ("shape-based averaging"). Only those who drew one count; none is drawn where most say so.
    """
    return _shape(drawn, np.mean)


def median(drawn: Sequence[Drawn]) -> np.ndarray | None:
    """As `mean`, by the median: each pixel's majority, and where two halves disagree, the outline midway."""
    return _shape(drawn, np.median)


def majority(drawn: Sequence[Drawn]) -> np.ndarray | None:
    """The pixels that more than half of all people drew; half is not enough, so of two people it is what both drew.

    Not decided where half say that there is no region, or where that leaves nothing of what most drew.
    """
    regions = _votes(drawn)
    some = sum(bool(mask.any()) for mask in regions)
    if not regions or 2 * some == len(regions):
        return None
    agreed = 2 * np.sum(regions, axis=0) > len(regions)
    return None if 2 * some > len(regions) and not agreed.any() else agreed


def staple(drawn: Sequence[Drawn]) -> np.ndarray | None:
    """STAPLE's estimate from all who drew one; none where most say so, not decided where half do."""
    votes = _votes(drawn)
    regions = [mask for mask in votes if mask.any()]
    if 2 * len(regions) == len(votes):
        return None
    if 2 * len(regions) < len(votes):
        return np.zeros_like(votes[0])
    return estimated(regions).region if len(regions) > 1 else regions[0]


def two_teams(drawn: Sequence[Drawn], least: float, team_of: TeamOf) -> np.ndarray | None:
    """Where the two teams' regions (`mean` of their people) overlap by Dice `least`, the one midway; else nothing.

    A majority of people, as of points, is not asked: regions are never the same twice.
    """
    reviewed = expert(drawn)
    if reviewed is not None:
        return reviewed
    names = sorted({team_of(one.label.annotator) for one in drawn} - {""})
    teams = [[one for one in drawn if team_of(one.label.annotator) == name] for name in names]
    words = [word for word in (mean(team) for team in teams) if word is not None]
    return _agreed(words, least) if len(words) == 2 else None


def expert(drawn: Sequence[Drawn]) -> np.ndarray | None:
    """The region that a reviewer accepted or corrected; nothing where nobody reviewed."""
    refined = _refined(drawn)
    return refined[-1].mask if refined else None


def surgblood(drawn: Sequence[Drawn], least: float) -> np.ndarray | None:
    """What the reviewers made of it: midway between those who stand side by side, nothing where they disagree."""
    refined = {one.label.annotator: one.mask for one in _refined(drawn)}
    return _agreed([refined[name] for name in sorted(refined)], least) if refined else None


def _votes(drawn: Sequence[Drawn]) -> list[np.ndarray]:
    """The masks that count, in order of the annotators' names."""
    masks = {one.label.label_id: one.mask for one in drawn}
    return [masks[label.label_id] for label in standing(one.label for one in drawn)]


def _refined(drawn: Sequence[Drawn]) -> list[Drawn]:
    return [one for one in drawn if one.label.review in (Review.ACCEPTED, Review.CORRECTED)]


def _agreed(masks: Sequence[np.ndarray], least: float) -> np.ndarray | None:
    """The region midway between masks of which any two overlap by Dice `least`, or that are all empty; else None."""
    if not any(mask.any() for mask in masks):
        return masks[0]
    if any(dice(a, b) < least for a, b in combinations(masks, 2)):
        return None
    return _midway(masks, np.mean)


def _shape(drawn: Sequence[Drawn], middle: Callable[..., np.ndarray]) -> np.ndarray | None:
    votes = _votes(drawn)
    regions = [mask for mask in votes if mask.any()]
    if not votes:
        return None
    return _midway(regions, middle) if 2 * len(regions) >= len(votes) else np.zeros_like(votes[0])


def _midway(masks: Sequence[np.ndarray], middle: Callable[..., np.ndarray]) -> np.ndarray | None:
    """None where people drew so far apart that nothing lies between."""
    if len(masks) == 1:
        return masks[0]
    found = middle([_signed_distance(mask) for mask in masks], axis=0) > 0
    return found if found.any() else None


def _signed_distance(mask: np.ndarray) -> np.ndarray:
    """(H, W) pixels to the outline between pixels, above 0 inside; the mask must not be empty."""
    import cv2

    if mask.all():
        return np.full(mask.shape, np.inf)
    inside, outside = (
        cv2.distanceTransform(m.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for m in (mask, ~mask)
    )
    return np.where(mask, inside - 0.5, 0.5 - outside)
