"""The point trackers by name."""

from collections.abc import Mapping
from typing import Final

from .anchored_lucas_kanade import AnchoredLucasKanade
from .lucas_kanade import LucasKanade
from .point_tracker import PointTracker
from .stage import Stage

TRACKERS: Final[Mapping[str, Stage[PointTracker]]] = {
    "lucas_kanade": Stage(LucasKanade),
    "anchored_lucas_kanade": Stage(AnchoredLucasKanade),
}
