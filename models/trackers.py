"""The point trackers by name."""

from collections.abc import Mapping
from typing import Final

from . import dense_flow
from .anchored_lucas_kanade import AnchoredLucasKanade
from .bleedorigin.track_tracker import BleedOriginTracker
from .hold_still import HoldStill
from .lucas_kanade import LucasKanade
from .point_tracker import PointTracker
from .stage import Stage
from .track_on.tracker import TrackOnTracker

TRACKERS: Final[Mapping[str, Stage[PointTracker]]] = {
    "lucas_kanade": Stage(LucasKanade),
    "anchored_lucas_kanade": Stage(AnchoredLucasKanade),
    "dense_flow": Stage(dense_flow.dis),
    "dense_flow_raft": Stage(dense_flow.raft, weights=("raft",)),
    "dense_flow_pwcnet": Stage(dense_flow.pwcnet, weights=("pwcnet",)),
    "hold_still": Stage(HoldStill),
    "track_on": Stage(TrackOnTracker, weights=("track_on",)),
    "bleedorigin_track": Stage(BleedOriginTracker, weights=("track_on", "bleedorigin_track")),
}
