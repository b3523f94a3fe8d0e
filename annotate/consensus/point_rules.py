"""What several people's points of one target in one frame come to, by rules with a name.

A rule is given the current human labels. within: how near two positions count as the same. None: it does not decide, so
that a person must. In every rule a reviewed label stands alone. Onsets go by the same rules, as positions in time.
"""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from ...datasets.schema import LabelState, PointLabel, Review
from ...pseudolabel.label_noise import Consensus, consensus
from .votes import standing

TeamOf = Callable[[str], str]


def mean(labels: Sequence[PointLabel]) -> Consensus | None:
    """The mean of those who see it; a majority of `not visible` hides it, a tie shows it. The engine's own rule."""
    return consensus(standing(labels))


def median(labels: Sequence[PointLabel]) -> Consensus | None:
    """As `mean`, but the median of each axis: of three people or more, one who is far off moves it little."""
    votes = standing(labels)
    said = consensus(votes)
    if said is None or said.xy is None:
        return said
    places = _places(votes)
    x, y = np.median(places, axis=0)
    return Consensus((float(x), float(y)), len(places), float(np.sum((places - (x, y)) ** 2)))


def majority(labels: Sequence[PointLabel], within: float) -> Consensus | None:
    """What more than half of all people say: `not visible`, or positions no farther than `within` from one of theirs.

    BleedOrigin Sec. 3.2, which does not say when two clicks are the same. The mean of that group; of several such
    groups the largest counts, then the tightest. Half is no majority: of two people, both must agree.
    """
    votes = standing(labels)
    seen = [label for label in votes if label.visible]
    if 2 * (len(votes) - len(seen)) > len(votes):
        return Consensus(None)
    groups = [[b for b in seen if _spread((a, b)) <= within] for a in seen]
    found = [_joined(group) for group in groups if 2 * len(group) > len(votes)]
    return min(found, key=lambda said: (-said.votes, said.scatter, said.xy), default=None)


def two_teams(labels: Sequence[PointLabel], within: float, team_of: TeamOf) -> Consensus | None:
    """Two teams label by themselves; where they agree it is the mean of both, else `majority` of all people.

    BleedOrigin Sec. 3.2: independent teams, majority vote, then an expert, who is asked where this gives None. A team's
    word is the `mean` of its people. Not decided either where one team said nothing; who is in no team has no vote.
    """
    if any(label.review is not Review.UNREVIEWED for label in standing(labels)):
        return expert(labels)
    votes = [label for label in standing(labels) if team_of(label.annotator)]
    teams = [
        [v for v in votes if team_of(v.annotator) == name] for name in sorted({team_of(v.annotator) for v in votes})
    ]
    words = [word for word in (consensus(team) for team in teams) if word is not None]
    if len(words) != 2:
        return None
    first, second = words[0].xy, words[1].xy
    if first is None and second is None:
        return Consensus(None)
    if first is None or second is None or np.hypot(first[0] - second[0], first[1] - second[1]) > within:
        return majority(votes, within)
    middle = ((first[0] + second[0]) / 2, (first[1] + second[1]) / 2)
    places = _places(votes)
    return Consensus(middle, len(places), float(np.sum((places - middle) ** 2)))


def expert(labels: Sequence[PointLabel]) -> Consensus | None:
    """The label that a reviewer accepted or corrected, the latest of several; nothing where nobody reviewed."""
    return consensus(_refined(labels))


def surgblood(labels: Sequence[PointLabel], within: float) -> Consensus | None:
    """What the reviewers made of the annotators' labels; nothing before a review, or where two reviewers disagree.

    SurgBlood Sec. 3.2: four surgeons annotate, two more review and refine. Of reviewers whose labels stand side by side
    it is the mean; a second one who replaced the first's has the last word.
    """
    refined = list({label.annotator: label for label in _refined(labels)}.values())
    seen = [label for label in refined if label.visible]
    if not refined or 0 < len(seen) < len(refined) or _spread(seen) > within:
        return None
    return _joined(seen) if seen else Consensus(None)


def _refined(labels: Sequence[PointLabel]) -> list[PointLabel]:
    reviewed = (Review.ACCEPTED, Review.CORRECTED)
    return [label for label in labels if label.state is LabelState.HUMAN and label.review in reviewed]


def _places(labels: Sequence[PointLabel]) -> np.ndarray:
    """(N, 2) of those who see it."""
    return np.array([(label.x, label.y) for label in labels if label.visible]).reshape(-1, 2)


def _spread(labels: Sequence[PointLabel]) -> float:
    """The largest distance between two of the labels; 0 of one."""
    return max((float(np.hypot(a.x - b.x, a.y - b.y)) for a, b in combinations(labels, 2)), default=0.0)


def _joined(labels: Sequence[PointLabel]) -> Consensus:
    places = _places(labels)
    x, y = places.mean(axis=0)
    return Consensus((float(x), float(y)), len(places), float(np.sum((places - (x, y)) ** 2)))
