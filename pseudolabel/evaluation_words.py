"""How an evaluation's parts are called and its numbers written, in the terminal and on the page."""

import math
from collections.abc import Iterator
from typing import Final

from ..models.point_tracker import REFERENCE_WIDTH
from .accuracy import ENGINE, HOLD_STILL, LINEAR, RAW
from .evaluation import Evaluation
from .evaluation_scores import LIMITS, Score

_TITLES: Final = {
    HOLD_STILL: "hold still",
    LINEAR: "linear interpolation",
    RAW: "raw forward track",
    "paper": "paper's Kalman",
    "bridge": "bridge",
}


def way_title(way: str, preset: str) -> str:
    """A way's name for people; the engine's is its preset's."""
    return f"engine: {preset}" if way == ENGINE else _TITLES[way]


def headline(evaluation: Evaluation) -> list[str]:
    """What was scored against what, in a few sentences."""
    group = evaluation.overall
    shown = f"every {_ordinal(evaluation.hide)} label" if evaluation.hide else "every label"
    shown += f", from the {_ordinal(evaluation.phase + 1)} on," if evaluation.phase else ""
    where = ", moved to where the target really is" if evaluation.exact_labels else ""
    more = _count(len(evaluation.unscored), "more clip")
    return [
        f"{evaluation.cohort.meta.name}: {group.frames} frames of {_count(group.clips, 'clip')} and "
        f"{_count(group.patients, 'patient')}, scored against {evaluation.reference}.",
        f"Of each target {shown} is shown{where}; "
        f"the engine keeps {percent(group.kept / group.frames)} of the frames between.",
        *([f"In {more} no frame between two visible labels could be scored."] if evaluation.unscored else []),
        f"Errors in pixels of a picture {REFERENCE_WIDTH} wide.",
    ]


def copy_lines(evaluation: Evaluation) -> Iterator[str]:
    """The labels that are most likely copies, and what holds without the frames that rest on them."""
    if not evaluation.copies:
        return
    yield "Labels that repeat the one before while the picture moved; look at them:"
    yield from (f"  {copy}" for copy in evaluation.copies)
    group = evaluation.without_copies
    if group is None:
        yield "Every scored frame rests on one of them."
        return
    yield (
        f"Without the {evaluation.overall.frames - group.frames} frames that rest on them, mean error over "
        f"{group.frames} frames, {group.kept} of them kept:"
    )
    for way, scores in group.ways.items():
        means = (f"{kind} {number(scores[kind].reference.mean)}" for kind in ("all", "kept"))
        yield f"  {way_title(way, evaluation.name)}: {', '.join(means)}"


def interval(score: Score, *, short: bool = False) -> str:
    """The mean's 95 % interval over patients, to follow the mean; "" where there is none."""
    said = f"{number(score.low)} to {number(score.high)}"
    return "" if math.isnan(score.low) else f" ({said})" if short else f" (95 % over patients: {said})"


def reason_rows(evaluation: Evaluation) -> Iterator[list[str]]:
    """Why frames were not kept: the reason, how many, and the engine's mean, median and share within 10 px there."""
    for reason, group in evaluation.reasons.items():
        score = group.ways[ENGINE]["all"].reference
        near = percent(score.within[LIMITS.index(10)])
        yield [reason, str(group.frames), number(score.mean), number(score.median), near]


def number(value: float) -> str:
    """Two decimals below 100, none above; "-" where undefined."""
    return "-" if math.isnan(value) else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def percent(share: float) -> str:
    """One decimal, as coverage and kept shares are judged by it; "-" where undefined."""
    return "-" if math.isnan(share) else f"{share:.1%}"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _ordinal(n: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{n}{'th' if n % 100 in (11, 12, 13) else ends.get(n % 10, 'th')}"
