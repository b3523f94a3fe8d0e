"""The point trackers of TRACKERS as entries: each follows the source from its true place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ...models.bleedorigin.track_tracker import ADAPTERS, BleedOriginTracker
from ...models.point_tracker import PointTracker
from ...models.trackers import TRACKERS
from ...models.weights import weights_file
from ..predictions.schemas import Task
from .entry import Entry, Setup

ADAPTER_FILE: Final = "adapters.safetensors"  # what training leaves beside the weights of the whole network


def bleedorigin_track(setup: Setup, _task: Task) -> BleedOriginTracker:
    """Adapters come from this run's training, or from the file named `bleedorigin_track`; they know their flow."""
    given: Mapping[str, Path] = setup.resources.weights
    if setup.trained is not None:
        given = {**given, ADAPTERS: setup.trained.with_name(ADAPTER_FILE)}
    needed = {name: weights_file(name, given.get(name)) for name in TRACKERS["bleedorigin_track"].weights}
    return BleedOriginTracker(weights={**given, **needed}, device=setup.resources.device)


def _as_it_is(name: str, title: str, reference: str) -> Entry:
    """A tracker that learns nothing here."""

    def build(setup: Setup, _task: Task) -> PointTracker:
        return TRACKERS[name].build(setup.resources)

    return Entry(name, title, reference, ("track",), build, weights=TRACKERS[name].weights)


ENTRIES: Final = (
    _as_it_is("hold_still", "Hold still", "Baseline: the source never moves"),
    _as_it_is("lucas_kanade", "Lucas-Kanade", "Bouguet 2000: pyramidal Lucas-Kanade"),
    _as_it_is("anchored_lucas_kanade", "Anchored Lucas-Kanade", "Lucas-Kanade held to its first frame's looks; ours"),
    _as_it_is("dense_flow", "DIS flow", "Kroeger et al., ECCV 2016, frame to frame"),
    _as_it_is("dense_flow_raft", "RAFT flow", "Teed and Deng, ECCV 2020, frame to frame"),
    _as_it_is("dense_flow_pwcnet", "PWC-Net flow", "Sun et al., CVPR 2018, frame to frame"),
    _as_it_is("track_on", "Track-On", "Aydemir et al., ICLR 2025; BleedOrigin Table 7"),
    Entry(
        "bleedorigin_track",
        "BleedOrigin-Track",
        "Xu et al. 2025, 4.2; BleedOrigin Table 7",
        ("track",),
        bleedorigin_track,
        trains="track",
        weights=("track_on",),
    ),
)
