"""report.html: one self-contained page of what a pseudo-label run did, to be looked at before anybody trains."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final

import numpy as np

from ..datasets.cohort import Cohort
from ..datasets.progress import track as progress
from ..datasets.transaction import write_atomic
from .accuracy import (
    ENGINE,
    LINEAR,
    RAW,
    Reference,
    ScoredFrames,
    Way,
    from_labels,
    from_truth,
    joined,
    linear,
    plain_reason,
    score_segment,
)
from .dense_track import DenseTrack
from .evaluation_scores import LEVELS, calibration
from .known_truth import TargetTruth, known_truth
from .report_html import figure, header, image, page, section, strip, table, tiles
from .report_overlays import overlays
from .report_plots import plot_errors, plot_target
from .segments import Segment

Result = tuple[Segment, DenseTrack]
MOST_CLIPS: Final = 24  # shown in pictures; the figures are over all
_NAMES: Final = {ENGINE: "engine", RAW: "forward track alone", LINEAR: "linear interpolation"}


def write_report(
    cohort: Cohort, results: Iterable[Result], checks: Iterable[Result], out: Path, *, preset: str
) -> Path:
    """Write `out/report.html`; returns its path. checks: the segments that hide a label.

    Both are gone through once, and only the tracks of the clips that are shown stay in memory.
    """
    seen = _gathered(cohort, results)
    body = [
        header("Pseudo-labels", escape(cohort.meta.name), f"preset <b>{escape(preset)}</b>"),
        _tiles(seen),
        _legend(),
        _accuracy("Against exact truth", "Where a person could point at it.", seen.scored),
        _accuracy(
            "Against labels it was not shown",
            "Each inner human label in turn is hidden and found again across a gap twice as long as in the real run, "
            "so this is harder than the run itself. A label that is off counts as an error here.",
            [_check(cohort, segment, dense) for segment, dense in checks],
        ),
        _reasons(seen.reasons),
    ]
    bar = progress(seen.shown.items(), "report", len(seen.shown))
    body += [_clip(cohort, name, shown, seen.truths[name]) for name, shown in bar]
    if len(seen.shown) < len(seen.clips):
        body.append(f"<p>Pictures of the first {len(seen.shown)} of {len(seen.clips)} clips; figures are over all.</p>")
    path = out / "report.html"
    write_atomic(path, page("pseudo-labels", body))
    return path


@dataclass
class _Gathered:
    """What a run's results come to: counts, scores, and the first clips' tracks."""

    clips: set[str] = field(default_factory=set)
    anchors: set[tuple[str, str, int]] = field(default_factory=set)
    frames: int = 0
    labelled: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    scored: list[ScoredFrames] = field(default_factory=list)
    shown: dict[str, list[Result]] = field(default_factory=dict)
    truths: dict[str, Mapping[str, TargetTruth]] = field(default_factory=dict)


def _gathered(cohort: Cohort, results: Iterable[Result]) -> _Gathered:
    seen = _Gathered()
    for segment, dense in results:
        name = segment.clip_id
        if name not in seen.truths:
            seen.truths[name] = known_truth(cohort, name)
        ends = [anchor for anchor in (segment.before, segment.after) if anchor is not None]
        seen.anchors |= {(name, segment.target, anchor.frame) for anchor in ends}
        seen.clips.add(name)
        seen.frames += len(dense.frames)
        seen.labelled += int(dense.trusted.sum())
        seen.reasons.update(plain_reason(reason) for reason in dense.reasons if reason)
        truth = seen.truths[name].get(segment.target)
        if truth is not None:
            seen.scored.append(_scored(cohort, segment, dense, from_truth(segment, truth)))
        if name in seen.shown or len(seen.shown) < MOST_CLIPS:
            seen.shown.setdefault(name, []).append((segment, dense))
    return seen


def _check(cohort: Cohort, segment: Segment, dense: DenseTrack) -> ScoredFrames:
    hidden = segment.hidden_label
    if hidden is None:
        raise ValueError("a check hides a label")
    reference = from_labels(segment, {hidden.frame: hidden}, segment.label_variance)
    return _scored(cohort, segment, dense, reference)


def _scored(cohort: Cohort, segment: Segment, dense: DenseTrack, reference: Reference) -> ScoredFrames:
    ways = {RAW: Way(dense.forward), LINEAR: linear(segment)}
    return score_segment(segment, dense, ways, reference, cohort.clip(segment.clip_id).size.width)


def _tiles(seen: _Gathered) -> str:
    return tiles(
        {
            "clips": str(len(seen.clips)),
            "frames labelled by people": str(len(seen.anchors)),
            "pseudo-labels": str(seen.labelled),
            "frames flagged for review": str(seen.frames - seen.labelled),
            "of the frames labelled": f"{seen.labelled / seen.frames:.0%}" if seen.frames else "-",
        }
    )


def _legend() -> str:
    return (
        '<p class="legend"><b>+</b> human label · <b>●</b> pseudo-label in its 90 % ellipse, with the way it came '
        "(a ring: hidden, carried by its neighbours) · small dots: pseudo-keypoints · "
        '<b class="flag">○</b> flagged: not labelled, the best guess is shown for a reviewer</p>'
    )


def _accuracy(title: str, text: str, parts: Sequence[ScoredFrames]) -> str:
    frames = joined(parts) if parts else None
    if frames is None or not len(frames):
        return ""
    kept = frames.where(frames.kept)
    rows = [_row("engine, trusted frames", kept.distance[ENGINE], len(frames))]
    rows += [_row(f"{_NAMES[way]}, same frames", kept.distance[way], len(frames)) for way in (RAW, LINEAR)]
    rows += [_row(f"{_NAMES[way]}, all", frames.distance[way], len(frames)) for way in (ENGINE, RAW, LINEAR)]
    said = "none of these frames is trusted"
    if len(kept):
        inside = calibration(kept.squared[ENGINE]).coverage
        said = ", ".join(f"{share:.0%} in the {level:.0%} ellipse" for share, level in zip(inside, LEVELS, strict=True))
    return section(
        title,
        f"<p>{text}</p>",
        table(("", "frames", "mean px", "median px", "within 5 px", "within 10 px"), rows),
        f"<p>Coverage of the trusted frames: {said}.</p>",
        image(plot_errors(frames, title), "png", f"{title}: error distribution and coverage"),
    )


def _row(name: str, distance: np.ndarray, total: int) -> list[str]:
    distance = distance[np.isfinite(distance)]
    if not len(distance):
        return [name, "0", "-", "-", "-", "-"]
    shares = [f"{(distance <= limit).mean():.0%}" for limit in (5, 10)]
    return [name, f"{len(distance)} of {total}", f"{distance.mean():.2f}", f"{np.median(distance):.2f}", *shares]


def _reasons(counts: Counter[str]) -> str:
    """Why frames were flagged, most frequent first."""
    if not counts:
        return "<p>No frame was flagged.</p>"
    rows = [(reason, str(n)) for reason, n in counts.most_common()]
    return section("Why frames were flagged", table(("reason", "frames"), rows))


def _clip(cohort: Cohort, clip_id: str, results: Sequence[Result], truths: Mapping[str, TargetTruth]) -> str:
    pictures = (figure(one.jpeg, one.caption, flagged=one.flagged) for one in overlays(cohort, clip_id, results))
    targets: dict[str, list[Result]] = {}
    for segment, dense in sorted(results, key=lambda pair: (pair[0].target, pair[0].frames)):
        targets.setdefault(segment.target, []).append((segment, dense))
    plots = (
        f"<h3>{escape(target)} {_counts(d for _, d in of_target)}</h3>"
        + image(plot_target(of_target, truths.get(target)), "png", f"{target} over time")
        for target, of_target in targets.items()
    )
    return section(f"Clip {clip_id}", strip(pictures), *plots)


def _counts(tracks: Iterable[DenseTrack]) -> str:
    trusted = [bool(kept) for dense in tracks for kept in dense.trusted]
    return f"<small>{sum(trusted)} labelled, {len(trusted) - sum(trusted)} flagged</small>"
