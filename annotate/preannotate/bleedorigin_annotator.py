"""BleedOrigin-Net: when it begins to bleed, where from, and where that place is from then on (Algorithm 1)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ...datasets.schema import ImageSize
from .annotator import AnnotatorSpec, ModelChoice
from .clip_answer import ClipAnswer, OnsetSaid, PointSaid
from .clip_pictures import ClipPictures
from .clip_unit import ClipUnit
from .trained_network import TrainedAs, digest_of, filled, trained_as, weights_of

if TYPE_CHECKING:
    from ...models.bleedorigin.onset_network import OnsetNetwork
    from ...models.bleedorigin.source_network import SourceNetwork
    from ...models.clip_prediction import ClipPrediction
    from ...models.point_tracker import PointTracker
    from ...models.region_point_net import Size

ONSET: Final = "bleedorigin_onset"
SOURCE: Final = "bleedorigin_source"
TRACK: Final = "bleedorigin_track"
BASE: Final = "track_on"  # which TRACK's adapters are put on
REFRESH: Final = 60  # frames tracked before the tracker's memory begins anew (6.3)


@dataclass(frozen=True)
class ChainMade:
    """How the first two networks are to be made; files are None for random weights."""

    onset: Path | None
    source: Path | None
    onset_size: "Size"
    source_size: "Size"
    flow: str

    @classmethod
    def of(cls, choice: ModelChoice) -> "ChainMade":
        """As the weights were trained, where the choice does not say otherwise.

        Raises BleedkitError where weights are missing or of another model.
        """
        onset, source = weights_of(choice, ONSET), weights_of(choice, SOURCE)
        first: TrainedAs = trained_as(onset, "onset")
        second: TrainedAs = trained_as(source, "source")
        flow = choice.flow or first.flow or "dis"
        return cls(onset, source, choice.size or first.size, choice.size or second.size, flow)


class BleedOriginAnnotator:
    """A ClipAnnotator. The clip is read twice."""

    def __init__(
        self,
        onset: "OnsetNetwork",
        source: "SourceNetwork",
        tracker: "PointTracker",
        *,
        device: str,
        allow_random: bool = False,
    ) -> None:
        self._onset, self._source, self._tracker = onset, source, tracker
        self._device, self._allow_random = device, allow_random

    def answer(self, unit: ClipUnit, pictures: ClipPictures) -> ClipAnswer:
        """An onset, and a point in every frame; neither where the clip is shorter than the onset's window.

        The onset's confidence is also that of what hangs on it: the points after it, and that there are none before.
        """
        from ...models.predict_bleeding import predict_bleeding

        height, width = self._onset.size
        said = predict_bleeding(
            self._onset,
            self._source,
            self._tracker,
            pictures.numbered,
            onset_picture=ImageSize(width, height),
            source_picture=ImageSize(self._source.side, self._source.side),
            refresh=REFRESH,
            device=self._device,
            allow_random=self._allow_random,
        )
        if math.isnan(said.onset_confidence):
            return ClipAnswer()
        points = tuple(_point(said, at, frame, pictures.size) for at, frame in enumerate(unit.frames))
        if said.onset is None:
            return ClipAnswer(points, onset=OnsetSaid(-1, 1 - said.onset_confidence))
        return ClipAnswer(points, onset=OnsetSaid(unit.frames[said.onset], said.onset_confidence))


def _point(said: "ClipPrediction", at: int, frame: int, size: ImageSize) -> PointSaid:
    if said.onset is None:
        return PointSaid.absent(frame, 1 - said.onset_confidence)
    if at < said.onset:
        return PointSaid.absent(frame, said.onset_confidence)
    if said.present[at] and np.isfinite(said.points[at]).all():
        return PointSaid.of(frame, said.points[at], size, said.onset_confidence)
    return PointSaid.absent(frame)


def _settings(choice: ModelChoice) -> Mapping[str, Any]:
    from ...models.flows import flow_told
    from ...pseudolabel.presets import tracker_stage

    made = ChainMade.of(choice)
    tracker = tracker_stage(choice.tracker).settings(choice.resources)
    return {
        "sizes": [made.onset_size, made.source_size],
        "flow": flow_told(made.flow, choice.resources),
        "tracker": {"name": choice.tracker, **tracker},
        "refresh": REFRESH,
        "weights": {ONSET: digest_of(made.onset), SOURCE: digest_of(made.source), **tracker.get("weights", {})},
    }


def _build(choice: ModelChoice) -> BleedOriginAnnotator:
    from ...models import sized_models
    from ...models.flows import FLOWS
    from ...pseudolabel.presets import tracker_stage

    made, device = ChainMade.of(choice), choice.resources.device
    flow = FLOWS[made.flow].build(choice.resources)
    tracker = tracker_stage(choice.tracker).build(choice.resources)
    onset = filled(lambda: sized_models.onset(made.onset_size, flow), made.onset, device)
    source = filled(lambda: sized_models.source(made.source_size), made.source, device)
    return BleedOriginAnnotator(onset, source, tracker, device=device, allow_random=choice.allow_random)


SPEC: Final = AnnotatorSpec(frozenset({"points", "onset"}), (ONSET, SOURCE, TRACK, BASE), _settings, _build)
