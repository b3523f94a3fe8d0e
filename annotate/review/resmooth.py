"""A corrected point as a measurement: the segments that it bounds, tracked and smoothed anew at once."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...datasets.schema import LabelState, PointLabel, Review
from ...models.stage import CPU, Resources
from ...pseudolabel.dense_track import DenseTrack
from ...pseudolabel.densify import Densifier
from ...pseudolabel.presets import PseudoLabelConfig, preset_config
from ...pseudolabel.segments import Segment, segments_of
from .clip_review import ClipReview
from .decision import Action, Decision, TrackPoint
from .decision_rows import POINT_TARGET, points_of

Images = Callable[[Sequence[int]], Iterator[tuple[int, np.ndarray]]]  # of these frames, in order: (H, W, 3) uint8 RGB


@dataclass(frozen=True)
class Resmoother:
    """The pseudo-label engine for one correction at a time. preset: as of `pseudolabel run`."""

    preset: str = "classical"
    resources: Resources = CPU

    @cached_property
    def _config(self) -> PseudoLabelConfig:
        return preset_config(self.preset)

    @cached_property
    def _densifier(self) -> Densifier:
        return Densifier(self._config, self.resources)

    @cached_property
    def engine(self) -> str:
        """The settings that the tracks hang on, as Decision.engine has them."""
        return json.dumps({"preset": self.preset, **self._config.settings(self.resources)}, sort_keys=True)

    def with_track(self, review: ClipReview, decision: Decision, images: Images) -> Decision:
        """The decision, a moved or hidden point, with the track of the segments on both its sides.

        One on several frames stays as it is: they are all that lies between the labels round them. Frames that a
        person labelled, or whose label somebody judged, keep what they have.
        """
        if decision.action not in (Action.MOVE, Action.HIDE) or len(decision.frames) > 1:
            return decision
        target = decision.target or POINT_TARGET
        segments = self._segments(review, decision, target)
        wanted = sorted({frame for segment in segments for frame in segment.frames})
        anchors = {anchor.frame for s in segments for anchor in (s.before, s.after) if anchor is not None}
        encoded = {frame: self._densifier.encode(image, anchor=frame in anchors) for frame, image in images(wanted)}
        settled = {frame for frame in wanted if review.is_settled(frame, target)}
        before = _pseudo_labels(review, target)
        points: list[TrackPoint] = []
        for segment in segments:
            track = self._densifier.densify(segment, encoded, review.clip.size)
            points.extend(_track_points(track, before, settled))
        return replace(decision, track=tuple(points), engine=self.engine if points else "")

    def _segments(self, review: ClipReview, decision: Decision, target: str) -> list[Segment]:
        (corrected,) = points_of(decision, review.rows)
        replaced = {corrected.supersedes}
        labels = [
            row
            for row in review.current()
            if isinstance(row, PointLabel) and row.target == target and row.label_id not in replaced
        ]
        there = [frame.frame for frame in review.frames if frame.has_image]
        segments = segments_of(
            review.clip,
            there,
            [*labels, corrected],
            horizon_before=self._config.horizon_before,
            horizon_after=self._config.horizon_after,
            chains=self._config.chains,
        )
        at = decision.frames[0]
        return [s for s in segments if at in {anchor.frame for anchor in (s.before, s.after) if anchor is not None}]


def _pseudo_labels(review: ClipReview, target: str) -> Mapping[int, PointLabel]:
    """The current pseudo-label of each frame, the given-up ones included: what a new one replaces."""
    rows = (row for row in review.current() if isinstance(row, PointLabel) and row.target == target)
    return {row.frame: row for row in rows if row.state is LabelState.PSEUDO}


def _track_points(track: DenseTrack, before: Mapping[int, PointLabel], settled: set[int]) -> Iterator[TrackPoint]:
    for row, frame in enumerate(track.frames):
        old = before.get(frame)
        judged = old is not None and old.review is not Review.UNREVIEWED and bool(old.annotator)
        if frame in settled or judged or not np.isfinite(track.xy[row]).all():
            continue
        covariance = track.covariance[row]
        yield TrackPoint(
            frame,
            float(track.xy[row, 0]),
            float(track.xy[row, 1]),
            bool(track.visible[row]),
            float(covariance[0, 0]),
            float(covariance[1, 1]),
            float(covariance[0, 1]),
            float(track.confidence[row]),
            before=old.label_id if old is not None else "",
            reason=track.reasons[row],
        )
