"""Where people are farther apart than stated: what goes to the review queue, and why, in words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Final, Literal

import numpy as np

from ...datasets.cohort import Cohort
from ...datasets.schema import Clip, MaskLabel, OnsetLabel, PointLabel, Provenance, ReviewItem
from .point_rules import median
from .region_agreement import ReadMask
from .region_distance import dice
from .terms import Terms
from .votes import Label, Votes, shown_name, standing

KIND: Final = "agreement"
Of = Literal["point", "region", "onset"]


@dataclass(frozen=True)
class Disagreement:
    """A frame that a person should decide. apart: how far, in times of the stated limit; inf where one sees nothing.

    x, y: the best guess in pixels, NaN where there is none. An onset is listed at the earliest frame anybody gave.
    """

    of: Of
    clip_id: str
    frame: int
    target: str
    reason: str
    apart: float
    x: float = np.nan
    y: float = np.nan


def point_disagreements(
    votes: Iterable[Votes[PointLabel]], terms: Terms, clips: Mapping[str, Clip]
) -> Iterator[Disagreement]:
    """Where two people's points lie more than terms.within_px apart, or one does not see what another does.

    A place that a reviewer settled is none, however far people were apart before.
    """
    for vote in votes:
        said = standing(vote.current)
        seen = [label for label in said if label.visible]
        within = terms.within(clips[vote.clip_id].size.width)
        guess = median(said) if seen else None
        xy = guess.xy if guess is not None else None
        if len(seen) not in (0, len(said)):
            blind = [label for label in said if not label.visible]
            reason = f"{_who(seen)} see{_s(seen)} it, {_who(blind)} do{_es(blind)} not"
            yield _at(vote, "point", reason, np.inf, xy=xy)
        elif len(seen) > 1:
            a, b = max(combinations(seen, 2), key=lambda pair: _px(*pair))
            if _px(a, b) > within:
                reason = f"{_who((a, b))} are {_px(a, b):.0f} px apart"
                yield _at(vote, "point", reason, _times(_px(a, b), within), xy=xy)


def region_disagreements(votes: Iterable[Votes[MaskLabel]], terms: Terms, read: ReadMask) -> Iterator[Disagreement]:
    """Where two people's regions overlap by less than terms.dice, or one draws none where another does."""
    for vote in votes:
        said = standing(vote.current)
        if len(said) < 2:
            continue
        some = [label for label in said if label.area]
        if len(some) not in (0, len(said)):
            none = [label for label in said if not label.area]
            yield _at(vote, "region", f"{_who(some)} draw{_s(some)} a region, {_who(none)} none", np.inf)
        elif some:
            masks = {label.label_id: read(label) for label in some}
            overlap = {(a, b): dice(masks[a.label_id], masks[b.label_id]) for a, b in combinations(some, 2)}
            pair = min(overlap, key=lambda two: overlap[two])
            if overlap[pair] < terms.dice:
                reason = f"regions of {_who(pair)} overlap by Dice {overlap[pair]:.2f}"
                yield _at(vote, "region", reason, _times(1 - overlap[pair], 1 - terms.dice))


def onset_disagreements(
    votes: Iterable[Votes[OnsetLabel]], terms: Terms, clips: Mapping[str, Clip]
) -> Iterator[Disagreement]:
    """Where two people's onsets lie more than terms.within_s apart, or one says that it never bleeds."""
    for vote in votes:
        said = standing(vote.current)
        some = sorted((label for label in said if label.frame >= 0), key=lambda label: label.frame)
        if len(said) < 2 or not some:
            continue
        seconds = (some[-1].frame - some[0].frame) / clips[vote.clip_id].fps
        if len(some) < len(said):
            never = [label for label in said if label.frame < 0]
            reason = f"{_who(some)} give{_s(some)} an onset, {_who(never)} none"
            yield replace(_at(vote, "onset", reason, np.inf), frame=some[0].frame)
        elif seconds > terms.within_s:
            frames = some[-1].frame - some[0].frame
            reason = f"onsets of {_who((some[0], some[-1]))} are {frames} frames ({seconds:.2f} s) apart"
            yield replace(_at(vote, "onset", reason, _times(seconds, terms.within_s)), frame=some[0].frame)


def queue_disagreements(cohort: Cohort, found: Sequence[Disagreement], terms: Terms, *, target: str = "") -> int:
    """Put them into the cohort's review table, in place of those an earlier run put there; returns how many.

    target: what `found` was looked for of; other targets' earlier items stay. The same labels and terms always leave
    the same rows; no label is touched.
    """
    limits = {name: value for name, value in asdict(terms).items() if name != "teams"}
    run = Provenance.of(KIND, limits)
    items = [ReviewItem(one.clip_id, one.frame, one.target, one.reason, run.id, one.x, one.y) for one in found]
    with cohort.change() as change:
        runs = {key for key, old in change.cohort.provenance().items() if old.kind == KIND}
        earlier = [one for one in change.cohort.review_items() if one.provenance in runs]
        others = [one for one in earlier if target not in ("", one.target)]
        change.append(provenance=[run])
        change.replace_review(KIND, [*others, *items])
    return len(items)


def _at(
    vote: Votes[Label], of: Of, reason: str, apart: float, *, xy: tuple[float, float] | None = None
) -> Disagreement:
    x, y = xy or (np.nan, np.nan)
    return Disagreement(of, vote.clip_id, vote.frame, vote.target, reason, apart, x, y)


def _px(a: PointLabel, b: PointLabel) -> float:
    return float(np.hypot(a.x - b.x, a.y - b.y))


def _times(apart: float, limit: float) -> float:
    return apart / limit if limit > 0 else np.inf


def _who(labels: Iterable[PointLabel | MaskLabel | OnsetLabel]) -> str:
    *others, last = sorted(shown_name(label.annotator) for label in labels)
    return f"{', '.join(others)} and {last}" if others else last


def _s(labels: Sequence[object]) -> str:
    return "s" if len(labels) == 1 else ""


def _es(labels: Sequence[object]) -> str:
    return "es" if len(labels) == 1 else ""
