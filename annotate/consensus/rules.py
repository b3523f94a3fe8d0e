"""RULES: every way to make several people's labels one, by name."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...datasets.schema import OnsetLabel, PointLabel
from ...pseudolabel.label_noise import Consensus
from . import point_rules, region_rules
from .point_rules import TeamOf
from .region_rules import Drawn
from .terms import Terms

NEVER: Final = -1
PointRule = Callable[[Sequence[PointLabel], float, TeamOf], Consensus | None]
RegionRule = Callable[[Sequence[Drawn], float, TeamOf], np.ndarray | None]


@dataclass(frozen=True)
class Rule:
    """says: in a line, for people. points, regions: None where the rule does not know of them; onsets go as points."""

    says: str
    points: PointRule | None
    regions: RegionRule | None

    def point(self, labels: Sequence[PointLabel], terms: Terms, width: int) -> Consensus | None:
        """What the current human labels of one target and frame come to; None where a person must decide.

        width: of the clip's picture.
        """
        return self.points(labels, terms.within(width), terms.team_of) if self.points is not None else None

    def region(self, drawn: Sequence[Drawn], terms: Terms) -> np.ndarray | None:
        """The region (H, W) bool that people's come to; None where a person must decide."""
        return self.regions(drawn, terms.dice, terms.team_of) if self.regions is not None else None

    def onset(self, labels: Sequence[OnsetLabel], terms: Terms, fps: float) -> int | None:
        """The first bleeding frame, -1 for never; None where a person must decide. Half a frame counts as the later."""
        if self.points is None:
            return None
        said = self.points([_in_time(label) for label in labels], terms.within_s * fps, terms.team_of)
        if said is None:
            return None
        return NEVER if said.xy is None else math.floor(said.xy[0] + 0.5)


RULES: Final[Mapping[str, Rule]] = {
    "mean": Rule(
        "the mean of those who see it; the engine's own rule",
        lambda labels, *_: point_rules.mean(labels),
        lambda drawn, *_: region_rules.mean(drawn),
    ),
    "median": Rule(
        "the median of those who see it",
        lambda labels, *_: point_rules.median(labels),
        lambda drawn, *_: region_rules.median(drawn),
    ),
    "majority": Rule(
        "what more than half say; half is none",
        lambda labels, within, _: point_rules.majority(labels, within),
        lambda drawn, *_: region_rules.majority(drawn),
    ),
    "two_teams": Rule("two teams that agree, else the majority", point_rules.two_teams, region_rules.two_teams),
    "expert": Rule(
        "the reviewer's word alone",
        lambda labels, *_: point_rules.expert(labels),
        lambda drawn, *_: region_rules.expert(drawn),
    ),
    "surgblood": Rule(
        "what the reviewers together refined",
        lambda labels, within, _: point_rules.surgblood(labels, within),
        lambda drawn, least, _: region_rules.surgblood(drawn, least),
    ),
    "staple": Rule(
        "the likeliest region of all who drew one; regions only", None, lambda drawn, *_: region_rules.staple(drawn)
    ),
}


def _in_time(label: OnsetLabel) -> PointLabel:
    """An onset as a position on a line, `not visible` for never, so that one rule serves both."""
    return PointLabel(
        clip_id=label.clip_id,
        frame=0,
        target=label.target,
        x=float(label.frame),
        y=0.0,
        visible=label.frame != NEVER,
        state=label.state,
        review=label.review,
        annotator=label.annotator,
        provenance=label.provenance,
    )
