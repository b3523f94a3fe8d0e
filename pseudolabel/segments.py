"""Segments: a target's consecutive human labels and all frames between, the unit of work."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Final, TypeVar

from ..datasets.digest import value_digest
from ..datasets.schema import Clip, PointLabel
from .label_noise import LABEL_SD, consensus, label_doubt, label_variance
from .work_unit import WorkUnit

Unit = TypeVar("Unit", bound=WorkUnit)

MOST_CHECKS: Final = 60  # hidden labels a run re-finds for its report: enough for a median, cheap beside the rest


@dataclass(frozen=True)
class Anchor:
    """What people say where a segment begins or ends; xy in pixels, None where the target is not visible.

    votes: how many people's positions `xy` is the mean of. doubt: factor on the usual variance, see `label_doubt`.
    """

    frame: int
    xy: tuple[float, float] | None
    votes: int = 1
    doubt: float = 1.0


_Bounds = tuple[Anchor | None, Anchor | None, tuple[int, ...]]


@dataclass(frozen=True)
class Segment:
    """One target from one anchor to the next. frames: those with an image, anchors included, ascending, gaps allowed.

    before, after: the anchors; None where there is no label on that side, and frames end at the stated horizon.
    hidden_label: of a check only: the label between, which the engine must find again without seeing it.
    label_variance: of an anchor without doubt, per axis, pixels squared.
    """

    clip_id: str
    target: str
    frames: tuple[int, ...]
    before: Anchor | None
    after: Anchor | None
    hidden_label: Anchor | None = None
    label_variance: float = 0.25

    @property
    def start(self) -> tuple[float, float] | None:
        """Where the forward track begins, None where it cannot."""
        return self.before.xy if self.before else None

    @property
    def end(self) -> tuple[float, float] | None:
        """Where the backward track begins, None where it cannot."""
        return self.after.xy if self.after else None

    @property
    def labels_apart(self) -> float:
        """Variance per axis of how far apart the two labels' errors are, pixels squared."""
        return self.label_variance * sum(1.0 if a is None else a.doubt for a in (self.before, self.after))

    @property
    def inner(self) -> tuple[int, ...]:
        """The frames to be labelled: all but the anchors'."""
        ends = {anchor.frame for anchor in (self.before, self.after) if anchor}
        return tuple(frame for frame in self.frames if frame not in ends)

    def id(self, images: object, config: Mapping[str, Any]) -> str:
        """32 hex digits of all that its result hangs on: images (digests of the video or frames), labels and config."""
        return value_digest([asdict(self), images, dict(config)])[:32]


def segments_of(
    clip: Clip,
    frames: Iterable[int],
    points: Iterable[PointLabel],
    *,
    horizon_before: int,
    horizon_after: int,
    chains: bool = True,
    sd: float = LABEL_SD,
) -> list[Segment]:
    """Every segment of a clip that has frames to label, by target, then frame.

    frames: those with an image. points: the clip's current labels. horizon_before, horizon_after: how many frames to go
    on before the first and after the last label. chains: False where each visible label is carried forward by itself,
    for horizon_after frames or up to the next label. sd: of one person's label, as `label_sd` gives it. A target never
    seen has none.
    """
    there = sorted(set(frames))
    horizons = horizon_before, horizon_after
    found: list[Segment] = []
    for target, anchors in _anchors(points, set(there), sd, clip.size.width).items():
        bounds = _chained(there, anchors, horizons) if chains else _alone(there, anchors, horizon_after)
        for before, after, inside in bounds if any(anchor.xy for anchor in anchors) else ():
            votes = [anchor.votes for anchor in (before, after) if anchor is not None and anchor.xy is not None]
            variance = label_variance(sd, clip.size.width, votes)
            found.append(Segment(clip.clip_id, target, inside, before, after, label_variance=variance))
    return [segment for segment in found if segment.inner and _has_work(segment)]


def checks_of(segments: Sequence[Segment]) -> list[Segment]:
    """Leave-one-label-out: for every visible label between two visible ones, the segment that hides it.

    Of more than MOST_CHECKS, every k-th, so that the same cohort always has the same checks.
    """
    checks = [
        replace(
            a,
            frames=tuple(sorted({*a.frames, *b.frames})),
            after=b.after,
            hidden_label=a.after,
            label_variance=max(a.label_variance, b.label_variance),
        )
        for a, b in pairwise(segments)
        if (a.clip_id, a.target) == (b.clip_id, b.target) and a.after == b.before and a.start and a.end and b.end
    ]
    every = -(-len(checks) // MOST_CHECKS) or 1
    return checks[::every]


def _anchors(points: Iterable[PointLabel], there: set[int], sd: float, width: int) -> dict[str, list[Anchor]]:
    by_place: dict[tuple[str, int], list[PointLabel]] = {}
    for point in points:
        if point.frame in there:
            by_place.setdefault((point.target, point.frame), []).append(point)
    anchors: dict[str, list[Anchor]] = {}
    for (target, frame), labels in sorted(by_place.items()):
        said = consensus(labels)
        if said is not None:
            doubt = label_doubt(said, sd, width)
            anchors.setdefault(target, []).append(Anchor(frame, said.xy, said.votes, doubt))
    return anchors


def _chained(there: Sequence[int], anchors: Sequence[Anchor], horizons: tuple[int, int]) -> Iterator[_Bounds]:
    """From each anchor to the next, and up to the horizons beyond the first and the last."""
    before_first, after_last = anchors[0].frame - horizons[0], anchors[-1].frame + horizons[1]
    for before, after in pairwise([None, *anchors, None]):
        first = before.frame if before else before_first
        last = after.frame if after else after_last
        yield before, after, _between(there, first, last)


def _alone(there: Sequence[int], anchors: Sequence[Anchor], horizon: int) -> Iterator[_Bounds]:
    """From each anchor to the horizon; a frame that somebody labelled is left to that label."""
    for before, after in pairwise([*anchors, None]):
        if before is not None:
            last = before.frame + horizon
            yield before, None, _between(there, before.frame, min(last, after.frame - 1) if after else last)


def _between(there: Sequence[int], first: int, last: int) -> tuple[int, ...]:
    return tuple(frame for frame in there if first <= frame <= last)


def _has_work(segment: Segment) -> bool:
    """False beyond a first or last label that says `not visible`: nothing leads on from there."""
    bounded = segment.before is not None and segment.after is not None
    return bounded or segment.start is not None or segment.end is not None


def by_clip(segments: Iterable[Unit]) -> Iterator[tuple[str, list[Unit]]]:
    """Segments grouped by clip, each clip's in the order in which its video completes them."""
    groups: dict[str, list[Unit]] = {}
    for segment in segments:
        groups.setdefault(segment.clip_id, []).append(segment)
    for clip_id, group in groups.items():
        yield clip_id, sorted(group, key=lambda s: (s.frames[-1], s.frames[0], s.target))
