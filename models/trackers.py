"""The point trackers by name."""

from collections.abc import Callable, Mapping
from typing import Final

from .anchored_lucas_kanade import AnchoredLucasKanade
from .lucas_kanade import LucasKanade
from .point_tracker import PointTracker

TRACKERS: Final[Mapping[str, Callable[[], PointTracker]]] = {
    "lucas_kanade": LucasKanade,
    "anchored_lucas_kanade": AnchoredLucasKanade,
}
