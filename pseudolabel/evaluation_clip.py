"""One clip of an evaluation: some labels hidden, densified in every way from the same tracks, scored where known."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ..datasets.cohort import Cohort
from ..datasets.errors import BleedkitError
from ..datasets.media import iter_images
from ..datasets.schema import ImageSize, LabelState, PointLabel, Review
from ..models.matcher import Matches
from ..models.stage import Resources
from .accuracy import (
    HOLD_STILL,
    LINEAR,
    RAW,
    Reference,
    ScoredFrames,
    Way,
    from_labels,
    from_truth,
    hold_still,
    joined,
    linear,
    score_segment,
)
from .copied_labels import CopiedLabel, copied_labels
from .densify import Densifier, Encoded
from .exact_labels import with_exact_labels
from .known_truth import TargetTruth, known_truth
from .label_noise import consensus, label_variance
from .presets import PseudoLabelConfig
from .segments import Anchor, Segment, segments_of
from .worker_process import one_thread, resources_here

SMOOTHED: Final = ("paper", "bridge")  # other smoothers on the engine's own tracks, without gates


@dataclass(frozen=True)
class EvaluationSetup:
    """What is the same for every clip. hide, phase: see `hide_labels`; hide 0 hides none.

    sd: of one label, as `label_sd` has it. exact: shown labels lie where the target really is. resources: as the user
    said them; each process settles its device.
    """

    cohort: Path
    media_root: Path
    config: PseudoLabelConfig
    resources: Resources
    hide: int
    sd: float
    phase: int = 0
    exact: bool = False


@dataclass(frozen=True, eq=False)
class ClipScores:
    """frames: None where nothing of the clip could be scored. exact: against truth, not against hidden labels.

    copies: labels that most likely repeat the one before, see `copied_labels`.
    """

    clip_id: str
    frames: ScoredFrames | None
    exact: bool
    copies: tuple[CopiedLabel, ...] = ()


class ClipEvaluator:
    """What one process does for an evaluation. Its models are built once, when a clip first needs them."""

    def __init__(self, setup: EvaluationSetup) -> None:
        one_thread()
        self._setup = setup
        self._cohort = Cohort(setup.cohort, setup.media_root)
        resources, plain = resources_here(setup.config, setup.resources), replace(setup.config, gates=())
        self._engine = Densifier(setup.config, resources)
        self._others = {name: Densifier(replace(plain, smoother=name), resources) for name in (RAW, *SMOOTHED)}

    def evaluate(self, clip_id: str) -> ClipScores:
        """Score a clip's frames between two visible labels that are shown; writes nothing.

        Raises BleedkitError where a frame is unreadable.
        """
        truths = known_truth(self._cohort, clip_id)
        references = _references(self._cohort, clip_id, self._setup, truths)
        size = self._cohort.clip(clip_id).size
        parts = [
            self._score(segment, encoded, references[segment], size)
            for segment, encoded in _ready(self._cohort, clip_id, references, self._engine)
        ]
        copies = () if self._setup.exact else tuple(copied_labels(self._cohort, clip_id))
        return ClipScores(clip_id, joined(parts) if parts else None, bool(truths), copies)

    def _score(
        self, segment: Segment, encoded: Mapping[int, Encoded], reference: Reference, size: ImageSize
    ) -> ScoredFrames:
        """Every way on the same tracks; only the engine, whose gates look at them, is given the keypoints."""
        propagated = self._engine.propagate(segment, encoded, size)
        target = replace(propagated, keypoints=Matches.none())
        ways = {HOLD_STILL: hold_still(segment), LINEAR: linear(segment)}
        for name, densifier in self._others.items():
            track = densifier.settle(segment, target, size)
            ways[name] = Way(track.xy, track.covariance)
        return score_segment(segment, self._engine.settle(segment, propagated, size), ways, reference, size.width)


def hide_labels(
    points: Iterable[PointLabel], frames: Iterable[int], every: int, phase: int = 0
) -> tuple[list[PointLabel], dict[str, dict[int, Anchor]]]:
    """The human labels that are shown, and the hidden ones by target and frame.

    Of each target's labelled frames, in order, numbers phase, phase + every, ... are shown; all of them where `every`
    is 0. What several people say of a frame is one label, and so is `not visible`. frames: those with an image.
    """
    there = set(frames)
    by_place: dict[tuple[str, int], list[PointLabel]] = {}
    for point in points:
        if point.frame in there and point.state is LabelState.HUMAN and point.review is not Review.REJECTED:
            by_place.setdefault((point.target, point.frame), []).append(point)
    shown: list[PointLabel] = []
    hidden: dict[str, dict[int, Anchor]] = {}
    counted: dict[str, int] = {}
    for (target, frame), labels in sorted(by_place.items()):
        number = counted.get(target, 0)
        counted[target] = number + 1
        said = consensus(labels)
        if not every or number % every == phase:
            shown += labels
        elif said is not None:
            hidden.setdefault(target, {})[frame] = Anchor(frame, said.xy, said.votes)
    return shown, hidden


def _references(
    cohort: Cohort, clip_id: str, setup: EvaluationSetup, truths: Mapping[str, TargetTruth]
) -> dict[Segment, Reference]:
    """The segments to densify, each with what is known of it; those of which nothing is known are left out.

    Between two visible labels; after a visible one, where the configuration has every label stand alone.
    """
    clip, config = cohort.clip(clip_id), setup.config
    frames = [row.frame for row in cohort.frames(clip_id) if row.has_image]
    shown, hidden = hide_labels(cohort.points(clip_id), frames, setup.hide, setup.phase)
    votes = [anchor.votes for labels in hidden.values() for anchor in labels.values() if anchor.xy is not None]
    variance = label_variance(setup.sd, clip.size.width, votes)
    after = 0 if config.chains else config.horizon_after
    found = {}
    for segment in segments_of(
        clip, frames, shown, horizon_before=0, horizon_after=after, chains=config.chains, sd=setup.sd
    ):
        if segment.start and (segment.end or not config.chains):
            truth = truths.get(segment.target)
            labels = hidden.get(segment.target, {})
            reference = from_truth(segment, truth) if truth else from_labels(segment, labels, variance)
            if reference.known.any():
                found[_exactly(segment, truth) if setup.exact else segment] = reference
    return found


def _exactly(segment: Segment, truth: TargetTruth | None) -> Segment:
    if truth is None:
        what = f"clip {segment.clip_id} has no exact truth for its target {segment.target}"
        raise BleedkitError(what, "evaluate with the labels as people gave them: --labels human")
    return with_exact_labels(segment, truth)


def _ready(
    cohort: Cohort, clip_id: str, segments: Iterable[Segment], densifier: Densifier
) -> Iterator[tuple[Segment, Mapping[int, Encoded]]]:
    """Each segment once its frames are read; frames are held only as long as a segment needs them."""
    waiting = sorted(segments, key=lambda s: (s.frames[-1], s.frames[0], s.target))
    wanted = {frame for segment in waiting for frame in segment.frames}
    labelled = {frame for segment in waiting for frame in (segment.frames[0], segment.frames[-1])}
    held: dict[int, Encoded] = {}
    for frame, image in iter_images(cohort, clip_id, wanted):
        held[frame] = densifier.encode(image, anchor=frame in labelled)
        while waiting and waiting[0].frames[-1] <= frame:
            yield waiting.pop(0), held
        first_needed = min((segment.frames[0] for segment in waiting), default=frame + 1)
        held = {kept: value for kept, value in held.items() if kept >= first_needed}
