"""From answers into the cohort: model labels where nobody labelled, in place of earlier ones that nobody looked at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ...datasets.cohort import ClipView, Cohort
from ...datasets.schema import LabelState, MaskLabel, OnsetLabel, PointLabel, Provenance
from .clip_answer import ClipAnswer, OnsetSaid, PointSaid, RegionSaid
from .settled import TARGET, Settled, is_settled

Label = TypeVar("Label", PointLabel, MaskLabel, OnsetLabel)


@dataclass(frozen=True)
class Filled:
    """Label rows appended; kept: places that were settled already, be it since the run began."""

    points: int
    masks: int
    onsets: int
    kept: int


def fill(cohort: Cohort, answers: Iterator[tuple[str, ClipAnswer]], provenance: Provenance) -> Filled:
    """Write answers into the cohort as one commit; doing it again changes nothing.

    answers: by clip, in id order, taken one at a time. A label supersedes the earlier model's of the same place that
    nobody reviewed; people's, derived and reviewed labels are never touched.
    """
    with cohort.change() as change:
        rows = _Rows(provenance)
        views = change.cohort.stream()
        for clip_id, answer in answers:
            view = next(view for view in views if view.clip.clip_id == clip_id)
            change.append(files=rows.take(view, answer))
        run = [provenance] if rows.points or rows.masks or rows.onsets else []
        added = change.append(points=rows.points, masks=rows.masks, onsets=rows.onsets, provenance=run)
    return Filled(added["points"], added["masks"], added["onsets"], rows.kept)


@dataclass
class _Rows:
    """Rows as they gather."""

    provenance: Provenance
    points: list[PointLabel] = field(default_factory=list)
    masks: list[MaskLabel] = field(default_factory=list)
    onsets: list[OnsetLabel] = field(default_factory=list)
    kept: int = 0

    def take(self, view: ClipView, answer: ClipAnswer) -> dict[str, bytes]:
        """One clip's; returns the mask files that new rows name."""
        settled, clip_id = Settled.of(view), view.clip.clip_id
        old_points = _earlier([point for point in view.points if point.target == TARGET])
        for point in answer.points:
            if point.frame in settled.points:
                self.kept += 1
            else:
                self.points += _new(self._point(clip_id, point), old_points.get(point.frame))
        files: dict[str, bytes] = {}
        old_masks = _earlier(view.masks)
        for region in answer.regions:
            if region.frame in settled.regions:
                self.kept += 1
            elif new := _new(self._mask(clip_id, region), old_masks.get(region.frame)):
                self.masks += new
                files[region.mask.path] = region.mask.data
        if answer.onset is not None:
            if settled.onset:
                self.kept += 1
            else:
                old = next(iter(_earlier(view.onsets).values()), None)
                self.onsets += _new(self._onset(clip_id, answer.onset), old)
        return files

    def _point(self, clip_id: str, said: PointSaid) -> PointLabel:
        return PointLabel(
            clip_id=clip_id,
            frame=said.frame,
            target=TARGET,
            x=said.x,
            y=said.y,
            visible=said.visible,
            state=LabelState.MODEL,
            confidence=said.confidence,
            provenance=self.provenance.id,
        )

    def _mask(self, clip_id: str, said: RegionSaid) -> MaskLabel:
        return MaskLabel(
            clip_id=clip_id,
            frame=said.frame,
            path=said.mask.path,
            digest=said.mask.digest,
            area=said.mask.area,
            state=LabelState.MODEL,
            confidence=said.confidence,
            provenance=self.provenance.id,
        )

    def _onset(self, clip_id: str, said: OnsetSaid) -> OnsetLabel:
        return OnsetLabel(
            clip_id=clip_id,
            frame=said.frame,
            state=LabelState.MODEL,
            confidence=said.confidence,
            provenance=self.provenance.id,
        )


def _earlier(labels: Sequence[Label]) -> Mapping[int, Label]:
    """The latest model label of each frame that nobody reviewed."""
    return {label.frame: label for label in labels if label.state is LabelState.MODEL and not is_settled(label)}


def _new(label: Label, earlier: Label | None) -> list[Label]:
    """The row to append; none where the earlier one says the same."""
    if earlier is None:
        return [label]
    # Compared by their ids, as NaN is not equal to itself.
    same = replace(earlier, supersedes="").label_id == label.label_id
    return [] if same else [replace(label, supersedes=earlier.label_id)]
