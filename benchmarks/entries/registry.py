"""The benchmark's models by name. A new model is its file, its test, one line here and one in the changelog."""

from collections.abc import Mapping
from typing import Final

from ...models.anchored_lucas_kanade import AnchoredLucasKanade
from ...models.colour_onset import ColourOnset
from ...models.colour_region import ColourRegion
from ...models.red_centroid import RedCentroid
from ...models.region_point_nets import REGION_POINT_NETS
from ..predictions.schemas import Task
from . import networks, trackers
from .chain_predictor import Chain
from .entry import Entry, Setup
from .picture_predictor import PicturePredictor

REGION_AND_SOURCE: Final[tuple[Task, ...]] = ("region-point", "source")


def _classical_chain(_setup: Setup, _task: Task) -> Chain:
    return Chain(ColourOnset(), PicturePredictor(RedCentroid()), AnchoredLucasKanade())


_REGIONS: Final = (
    Entry("red_centroid", "Red centroid", "Baseline: BleedOrigin 4.1.2, its Red-Mask alone",
          REGION_AND_SOURCE, lambda _setup, _task: PicturePredictor(RedCentroid())),
    Entry("colour_region", "Colour + largest blob", "Baseline: thresholds in HSV",
          REGION_AND_SOURCE, lambda _setup, _task: PicturePredictor(ColourRegion())),
    *(networks.entry_of(net) for net in REGION_POINT_NETS.values()),
    Entry("bloodet", "BlooDet", "Pei et al., CVPR 2026; SurgBlood Table 2",
          REGION_AND_SOURCE, networks.bloodet, trains="bloodet"),
    Entry("bloodet_released", "BlooDet, released weights", "Pei et al., CVPR 2026, as their code trained it",
          REGION_AND_SOURCE, networks.bloodet_released, weights=("bloodet",)),
)  # fmt: skip
_ONSETS: Final = (
    Entry("colour_onset", "Colour change", "Baseline: redness over a running baseline, García-Martínez et al. 2017",
          ("onset",), lambda _setup, _task: ColourOnset()),
    Entry("onset", "BleedOrigin-Detect (frame)", "Xu et al. 2025, 4.1.1; BleedOrigin Tables 3 and 5",
          ("onset",), networks.onset, trains="onset"),
)  # fmt: skip
_SOURCES: Final = (
    Entry("source", "BleedOrigin-Detect (pixel)", "Xu et al. 2025, 4.1.2; BleedOrigin Tables 4 and 6",
          ("source",), networks.source, trains="source"),
)  # fmt: skip
_CHAINS: Final = (
    Entry("classical_chain", "Colour, red centroid, anchored Lucas-Kanade", "Baseline: three that learn nothing",
          ("deploy",), _classical_chain),
    Entry("bleedorigin", "BleedOrigin-Net", "Xu et al. 2025, Algorithm 1; BleedOrigin Table 10",
          ("deploy",), networks.bleedorigin,
          weights=("bleedorigin_onset", "bleedorigin_source", "track_on", "bleedorigin_track")),
)  # fmt: skip
ENTRIES: Final[Mapping[str, Entry]] = {
    entry.name: entry for entry in (*_REGIONS, *_ONSETS, *_SOURCES, *trackers.ENTRIES, *_CHAINS)
}
