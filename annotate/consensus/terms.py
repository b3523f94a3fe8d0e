"""When people count as saying the same: the one place where that is stated."""

from dataclasses import dataclass
from typing import Final

from ...datasets.errors import BleedkitError
from ...models.point_tracker import scaled

WITHIN_PX: Final = 25.0  # the second of BleedOrigin's own limits of error
WITHIN_S: Final = 0.5
LEAST_DICE: Final = 0.7


@dataclass(frozen=True)
class Terms:
    """within_px: points this near are the same, pixels of a picture REFERENCE_WIDTH wide. within_s: onsets this near.

    dice: regions that overlap as much. teams: who labelled together, by name, for the rule `two_teams`; empty:
    everybody is a team of their own.
    """

    within_px: float = WITHIN_PX
    within_s: float = WITHIN_S
    dice: float = LEAST_DICE
    teams: tuple[frozenset[str], ...] = ()

    def __post_init__(self) -> None:
        if not self.within_px >= 0 or not self.within_s >= 0 or not 0 <= self.dice <= 1:
            raise ValueError(f"limits are 0 or more and Dice is in [0, 1], got {self}")
        if self.teams and len(self.teams) != 2:
            raise BleedkitError(f"two teams are wanted, got {len(self.teams)}", "give --team twice, or not at all")
        if self.teams and (self.teams[0] & self.teams[1] or not all(self.teams)):
            raise BleedkitError("a team has nobody in it, or somebody is in both", "give everybody one team")

    def within(self, width: int) -> float:
        """`within_px` in pixels of a picture `width` wide."""
        return scaled(self.within_px, width)

    def team_of(self, annotator: str) -> str:
        """The name of an annotator's team; "" for somebody who is in neither."""
        if not self.teams:
            return annotator
        return next((",".join(sorted(team)) for team in self.teams if annotator in team), "")
