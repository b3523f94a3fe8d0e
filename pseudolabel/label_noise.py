"""How exactly people point: assumed where one person labelled, measured where several labelled the same frames."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from ..datasets.cohort import most_trusted
from ..datasets.schema import LabelState, PointLabel, Review
from ..models.point_tracker import scaled

LABEL_SD: Final = 1.5  # per axis, pixels of a picture REFERENCE_WIDTH wide; whole pixels alone make 0.3
_ROUNDING_SD: Final = 0.5
_USUAL: Final = 2.0  # how many coordinates of a label's own people its usual variance outweighs
_ENOUGH: Final = 10  # coordinates two people gave of one target, for their spread to be worth more than the assumption


@dataclass(frozen=True)
class Consensus:
    """What people together say of one target in one frame. xy: pixels, None where they say `not visible`.

    votes: how many people's positions `xy` is the mean of. scatter: sum of their squared distances to it.
    """

    xy: tuple[float, float] | None
    votes: int = 1
    scatter: float = 0.0


def consensus(labels: Iterable[PointLabel]) -> Consensus | None:
    """The human labels of one target and frame as one; None where none is left.

    A reviewed label stands alone. Else everybody has one vote, the majority says whether the target is visible (a tie
    says yes), as in BleedOrigin Sec. 3.2, and the position is the mean of those who saw it.
    """
    kept = [label for label in labels if label.state is LabelState.HUMAN and label.review is not Review.REJECTED]
    if any(label.review is not Review.UNREVIEWED for label in kept):
        label = most_trusted(kept)
        kept = [] if label is None else [label]
    votes = list({label.annotator: label for label in kept}.values())
    if not votes:
        return None
    seen = [label for label in votes if label.visible]
    if 2 * len(seen) < len(votes):
        return Consensus(None)
    places = np.array([(label.x, label.y) for label in seen])
    x, y = places.mean(axis=0)
    return Consensus((float(x), float(y)), len(seen), float(np.sum((places - (x, y)) ** 2)))


def label_sd(points: Iterable[PointLabel], widths: Mapping[str, int]) -> float:
    """Standard deviation of one person's label per axis, in pixels of a picture REFERENCE_WIDTH wide.

    Robust (1.48 median absolute difference over the square root of 2) over all pairs of people who labelled the same
    target in the same frame; LABEL_SD where there are too few. An error that all of them share is in no difference.
    widths: of each clip's picture.
    """
    places: dict[tuple[str, str, int], dict[str, PointLabel]] = {}
    for point in points:
        if point.state is LabelState.HUMAN and point.visible:
            places.setdefault((point.clip_id, point.target, point.frame), {})[point.annotator] = point
    apart = [
        abs(difference) / scaled(1.0, widths[a.clip_id])
        for people in places.values()
        for a, b in combinations(people.values(), 2)
        for difference in (a.x - b.x, a.y - b.y)
    ]
    return LABEL_SD if len(apart) < _ENOUGH else 1.4826 * float(np.median(apart)) / 2**0.5


def label_variance(sd: float, width: int, votes: Sequence[int]) -> float:
    """Variance of a consensus per axis, pixels squared, in a picture `width` wide; the least sure of `votes` counts."""
    return max(_ROUNDING_SD, scaled(sd, width)) ** 2 / min(votes, default=1)


def label_doubt(said: Consensus, sd: float, width: int) -> float:
    """How many times the usual variance a consensus has, by how far apart its people are; 1 at the least.

    The usual one and theirs, each weighed by the coordinates it stands for: who clicks another spot is found out where
    somebody else clicked too. sd: of one person's label, as `label_sd` gives it; width: of the picture.
    """
    usual = label_variance(sd, width, [1])
    return max(1.0, (_USUAL + said.scatter / usual) / (_USUAL + 2 * (said.votes - 1)))
