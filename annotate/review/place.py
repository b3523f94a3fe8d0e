"""Where a review server works, told to it through its environment: FiftyOne's open-source App knows no users."""

import fcntl
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Final, Self

from ...datasets.cohort import Cohort
from ...datasets.errors import BleedkitError
from .decision_log import DecisionLog
from .desk import ReviewDesk
from .queue import ORDERS, Order
from .resmooth import Resmoother

_COHORT: Final = "BLEEDKIT_COHORT"
_MEDIA: Final = "BLEEDKIT_MEDIA"
_REVIEWER: Final = "BLEEDKIT_REVIEWER"
_DATASET: Final = "BLEEDKIT_DATASET"
_ORDER: Final = "BLEEDKIT_ORDER"
_TEAM: Final = "BLEEDKIT_TEAM"
_STARTING: Final = threading.Lock()


@dataclass(frozen=True)
class ReviewPlace:
    """name: the FiftyOne dataset. team: all reviewers among whom the clips are shared; empty: each has every clip."""

    cohort: Path
    media_root: Path
    reviewer: str
    name: str
    order: Order = "gain"
    team: tuple[str, ...] = ()

    def to_environment(self) -> dict[str, str]:
        """Variables for a server of one's own."""
        return {
            _COHORT: str(self.cohort.resolve()),
            _MEDIA: str(self.media_root.resolve()),
            _REVIEWER: self.reviewer,
            _DATASET: self.name,
            _ORDER: self.order,
            _TEAM: ",".join(self.team),
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The other way. Raises BleedkitError where a variable is missing: somebody else started this App."""
        missing = [name for name in (_COHORT, _MEDIA, _REVIEWER, _DATASET) if not environment.get(name)]
        orders = [order for order in ORDERS if order == environment.get(_ORDER, "gain")]
        if missing or not orders:
            raise BleedkitError(
                f"this App was not started for a review ({', '.join(missing) or _ORDER} is not set)",
                "start it with 'bleedkit annotate review COHORT --reviewer NAME'",
            )
        return cls(
            Path(environment[_COHORT]),
            Path(environment[_MEDIA]),
            environment[_REVIEWER],
            environment[_DATASET],
            orders[0],
            tuple(name for name in environment.get(_TEAM, "").split(",") if name),
        )


def desk_here() -> ReviewDesk:
    """The desk of this process, set up when it is first asked for. Raises BleedkitError where that cannot be."""
    with _STARTING:
        return _desk_of(ReviewPlace.from_environment(os.environ))[0]


@cache
def _desk_of(place: ReviewPlace) -> tuple[ReviewDesk, IO[str]]:
    """The desk, and the lock that lives as long."""
    lock = lock_reviewer(place.cohort, place.reviewer)
    cohort = Cohort(place.cohort, place.media_root)
    return ReviewDesk(
        cohort, place.reviewer, place.name, order=place.order, team=place.team, resmoother=Resmoother()
    ), lock


def lock_reviewer(cohort: Path, reviewer: str) -> IO[str]:
    """Keep others from reviewing under the same name, until the file that is returned, or the process, is gone.

    Raises BleedkitError where somebody does: two screens under one name would judge what the other has changed.
    """
    path = DecisionLog(cohort, reviewer).path.with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise BleedkitError(
            f"{reviewer} is reviewing {cohort} already", "end that review, or take another --reviewer"
        ) from None
    return file
