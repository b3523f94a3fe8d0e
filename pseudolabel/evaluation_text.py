"""An evaluation as text for the terminal."""

from collections.abc import Iterator, Mapping

from .accuracy import ENGINE, LINEAR, RAW
from .evaluation import Evaluation
from .evaluation_scores import LEVELS, LIMITS, Group, without_repeats
from .evaluation_words import copy_lines, headline, interval, number, percent, reason_rows, way_title


def evaluation_text(evaluation: Evaluation) -> str:
    """What was scored; every way over all and kept frames; the engine by scenario and gap; and what it leaves out."""
    return "\n".join(
        [
            *headline(evaluation),
            "",
            *_ways(evaluation, "all", "every scored frame"),
            "",
            *_ways(evaluation, "kept", "the frames the engine keeps"),
            *_groups("scenario", evaluation.scenarios),
            *_groups("frames between labels", evaluation.gaps),
            *_reasons(evaluation),
            *("" for _ in evaluation.copies[:1]),
            *copy_lines(evaluation),
        ]
    )


def _ways(evaluation: Evaluation, kind: str, title: str) -> Iterator[str]:
    """One line a way. eng/way: the engine's mean over this way's; the last columns: share inside each ellipse."""
    limits, levels = (f"<={limit}" for limit in LIMITS), (f"in {level:.0%}" for level in LEVELS)
    yield _line(title, "mean", "median", *limits, "eng/way", *levels, "NEES")
    for way, scores in evaluation.overall.ways.items():
        one = scores[kind]
        shares = (percent(share) for share in one.reference.within)
        inside = (percent(share) for share in one.calibration.coverage)
        means = (number(one.reference.mean), number(one.reference.median))
        yield _line(
            way_title(way, evaluation.name), *means, *shares, number(one.ratio), *inside, number(one.calibration.nees)
        )
    engine = evaluation.overall.ways[ENGINE][kind].reference
    yield f"  {engine.n} frames; the engine's mean {number(engine.mean)}{interval(engine)}"


def _groups(title: str, groups: Mapping[str, Group]) -> Iterator[str]:
    """Errors by group: means of three ways and the engine's over all frames, then the engine's over kept ones."""
    if groups:
        yield ""
        yield _line(
            title, "frames", "mean:", "linear", "raw", "paper", "engine", "median:", "raw", "engine", "kept", "<=10"
        )  # fmt: skip
    for name, group in without_repeats(groups).items():
        every = {way: scores["all"].reference for way, scores in group.ways.items()}
        means = (number(every[way].mean) for way in (LINEAR, RAW, "paper", ENGINE))
        medians = (number(every[way].median) for way in (RAW, ENGINE))
        kept = group.ways[ENGINE]["kept"].reference
        share = percent(group.kept / group.frames)
        yield _line(name, str(group.frames), "", *means, "", *medians, share, percent(kept.within[1]))


def _reasons(evaluation: Evaluation) -> Iterator[str]:
    """Why frames were not kept, and the engine's error there."""
    if evaluation.reasons:
        yield ""
        yield f"{'frames':>8}{'mean':>8}{'median':>8}{'<=10':>8}  why the engine does not keep them"
    for reason, *cells in reason_rows(evaluation):
        yield "".join(f"{cell:>8}" for cell in cells) + f"  {reason}"


def _line(*cells: str) -> str:
    first, *others = cells
    return f"{first:<28}" + "".join(f"{cell:>8}" for cell in others)
