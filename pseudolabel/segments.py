"""Segments: a target's consecutive human labels and all frames between, the unit of work."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

from ..datasets.cohort import most_trusted
from ..datasets.digest import value_digest
from ..datasets.schema import LabelState, PointLabel

MOST_CHECKS: Final = 60  # hidden labels a run re-finds for its report: enough for a median, cheap beside the rest


@dataclass(frozen=True)
class Anchor:
    """A human label that bounds a segment; xy in pixels, None where the target was labelled as not visible."""

    frame: int
    xy: tuple[float, float] | None


@dataclass(frozen=True)
class Segment:
    """One target from one anchor to the next. frames: those with an image, anchors included, ascending, gaps allowed.

    before, after: the anchors; None where there is no label on that side, and frames end at the stated horizon.
    hidden_label: of a check only: the label between, which the engine must find again without seeing it.
    """

    clip_id: str
    target: str
    frames: tuple[int, ...]
    before: Anchor | None
    after: Anchor | None
    hidden_label: Anchor | None = None

    @property
    def start(self) -> tuple[float, float] | None:
        """Where the forward track begins, None where it cannot."""
        return self.before.xy if self.before else None

    @property
    def end(self) -> tuple[float, float] | None:
        """Where the backward track begins, None where it cannot."""
        return self.after.xy if self.after else None

    @property
    def inner(self) -> tuple[int, ...]:
        """The frames to be labelled: all but the anchors'."""
        ends = {anchor.frame for anchor in (self.before, self.after) if anchor}
        return tuple(frame for frame in self.frames if frame not in ends)

    def id(self, images: object, config: Mapping[str, Any]) -> str:
        """32 hex digits of all that its result hangs on: images (digests of the video or frames), labels and config."""
        return value_digest([asdict(self), images, dict(config)])[:32]


def segments_of(clip_id: str, frames: Iterable[int], points: Iterable[PointLabel], horizon: int) -> list[Segment]:
    """Every segment of a clip that has frames to label, by target, then frame.

    frames: those with an image. points: the clip's current labels. horizon: how many frames to go on before the first
    and after the last label. A target never seen has none.
    """
    there = sorted(set(frames))
    found: list[Segment] = []
    for target, anchors in _anchors(points, set(there)).items():
        if any(anchor.xy for anchor in anchors):
            for before, after in pairwise([None, *anchors, None]):
                inside = _between(there, before, after, horizon)
                found.append(Segment(clip_id, target, inside, before, after))
    return [segment for segment in found if segment.inner and _has_work(segment)]


def checks_of(segments: Sequence[Segment]) -> list[Segment]:
    """Leave-one-label-out: for every visible label between two visible ones, the segment that hides it.

    Of more than MOST_CHECKS, every k-th, so that the same cohort always has the same checks.
    """
    checks = [
        Segment(a.clip_id, a.target, tuple(sorted({*a.frames, *b.frames})), a.before, b.after, hidden_label=a.after)
        for a, b in pairwise(segments)
        if (a.clip_id, a.target) == (b.clip_id, b.target) and a.after == b.before and a.start and a.end and b.end
    ]
    every = -(-len(checks) // MOST_CHECKS) or 1
    return checks[::every]


def _anchors(points: Iterable[PointLabel], there: set[int]) -> dict[str, list[Anchor]]:
    by_place: dict[tuple[str, int], list[PointLabel]] = {}
    for point in points:
        if point.state is LabelState.HUMAN and point.frame in there:
            by_place.setdefault((point.target, point.frame), []).append(point)
    anchors: dict[str, list[Anchor]] = {}
    for (target, frame), labels in sorted(by_place.items()):
        label = most_trusted(labels)
        if label is not None:
            anchors.setdefault(target, []).append(Anchor(frame, (label.x, label.y) if label.visible else None))
    return anchors


def _between(there: Sequence[int], before: Anchor | None, after: Anchor | None, horizon: int) -> tuple[int, ...]:
    """The frames from one anchor to the other, or up to the horizon where one is missing."""
    first = before.frame if before else (after.frame - horizon if after else 0)
    last = after.frame if after else (before.frame + horizon if before else -1)
    return tuple(frame for frame in there if first <= frame <= last)


def _has_work(segment: Segment) -> bool:
    """False beyond a first or last label that says `not visible`: nothing leads on from there."""
    bounded = segment.before is not None and segment.after is not None
    return bounded or segment.start is not None or segment.end is not None


def by_clip(segments: Iterable[Segment]) -> Iterator[tuple[str, list[Segment]]]:
    """Segments grouped by clip, each clip's in the order in which its video completes them."""
    groups: dict[str, list[Segment]] = {}
    for segment in segments:
        groups.setdefault(segment.clip_id, []).append(segment)
    for clip_id, group in groups.items():
        yield clip_id, sorted(group, key=lambda s: (s.frames[-1], s.frames[0], s.target))
