"""evaluation.html: one self-contained page of how right an engine is, beside simpler ways, and where it fails."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from ..models.point_tracker import REFERENCE_WIDTH
from .accuracy import ENGINE, HOLD_STILL, LINEAR, RAW
from .evaluation import Evaluation
from .evaluation_pictures import draw_worst, worst_kept
from .evaluation_plots import plot_calibration, plot_distances, plot_gap, plot_groups, plot_trade_off
from .evaluation_scores import LEVELS, LIMITS, Group, without_repeats
from .evaluation_words import copy_lines, headline, interval, number, percent, reason_rows, way_title
from .report_html import header, image, page, section, strip, table, tiles

_ALONE: Final = " Alone: clips that have no other scenario; left out where that is all of them."
_SHARES: Final = tuple(f"≤ {limit} px" for limit in LIMITS)


def evaluation_page(evaluation: Evaluation) -> bytes:
    """The document; the same evaluation always gives the same bytes."""
    stages = f"{evaluation.config.tracker}, {evaluation.config.smoother}"
    if evaluation.config.matcher:
        stages = f"{evaluation.config.matcher}, {stages}"
    facts = (escape(evaluation.cohort.meta.name), f"preset <b>{escape(evaluation.name)}</b> ({escape(stages)})")
    return page(
        "evaluation",
        [
            header("How right the pseudo-labels are", *facts),
            _tiles(evaluation),
            f"<p>{escape(' '.join(headline(evaluation)))}</p>",
            _left_out(evaluation),
            _copies(evaluation),
            _ways(evaluation),
            _uncertainty(evaluation),
            _reasons(evaluation),
            _groups(evaluation, "By scenario", "scenario", evaluation.scenarios, _ALONE),
            _groups(evaluation, "By gap", "frames between labels", evaluation.gaps),
            _worst(evaluation),
        ],
    )


def _tiles(evaluation: Evaluation) -> str:
    group = evaluation.overall
    kept = group.ways[ENGINE]["kept"]
    return tiles(
        {
            "frames scored": str(group.frames),
            "of them kept": percent(group.kept / group.frames),
            "px mean error of kept frames": number(kept.reference.mean),
            "of kept frames within 10 px": percent(kept.reference.within[LIMITS.index(10)]),
            "of kept frames in their 95 % ellipse": percent(kept.calibration.coverage[LEVELS.index(0.95)]),
        }
    )


def _left_out(evaluation: Evaluation) -> str:
    failed = (f"clip {clip_id} was left out: {why}" for clip_id, why in evaluation.failed.items())
    return "".join(f'<p class="flag">{escape(one)}</p>' for one in failed)


def _copies(evaluation: Evaluation) -> str:
    lines = [escape(line.strip()) for line in copy_lines(evaluation)]
    return f'<p class="flag">{"<br>".join(lines)}</p>' if lines else ""


def _ways(evaluation: Evaluation) -> str:
    return section(
        "Errors",
        "<p>Every way is given the same labels and, where it tracks, the same tracks. The first table is over every "
        "scored frame, the second over those the engine keeps, which may be the easier ones: compare within a table. "
        "The last column is the engine's mean error over the row's.</p>",
        table(("every scored frame", *_HEAD), _way_rows(evaluation, "all")),
        table(("frames the engine keeps", *_HEAD), _way_rows(evaluation, "kept")),
        _pair(
            image(plot_distances(evaluation.frames, evaluation.name), "png", "share of frames within each distance"),
            image(plot_gap(evaluation.frames, evaluation.name), "png", "mean error over the place in the gap"),
        ),
    )


_HEAD: Final = ("n", f"mean px @{REFERENCE_WIDTH}", "median", *_SHARES, "RMS", "mean, clip px", "engine ÷ this")


def _way_rows(evaluation: Evaluation, kind: str) -> Iterator[list[str]]:
    for way, scores in evaluation.overall.ways.items():
        one = scores[kind]
        score = one.reference
        shares = [percent(share) for share in score.within]
        mean = number(score.mean) + interval(score, short=True)
        yield [
            way_title(way, evaluation.name), str(score.n), mean, number(score.median), *shares, number(score.rms),
            number(one.px.mean), number(one.ratio),
        ]  # fmt: skip


def _uncertainty(evaluation: Evaluation) -> str:
    rows = []
    for way, scores in evaluation.overall.ways.items():
        for kind in ("all", "kept"):
            found = scores[kind].calibration
            if found.n:
                inside = [percent(share) for share in found.coverage]
                rows.append([way_title(way, evaluation.name), kind, str(found.n), *inside, number(found.nees)])
    head = ("", "frames", "n", *(f"in {level:.0%} ellipse" for level in LEVELS), "NEES")
    return section(
        "Can the uncertainty be believed?",
        "<p>Every position is stated with an ellipse. Believable, the 90 % ellipse holds 90 % of the references, and "
        "NEES, the mean squared error in the ellipse's own units, is 2. The right plot takes the surest frames first: "
        "a useful uncertainty keeps the curve low.</p>",
        table(head, rows),
        _pair(
            image(plot_calibration(evaluation.frames, evaluation.name), "png", "stated against observed coverage"),
            image(plot_trade_off(evaluation.frames), "png", "share of frames taken against their mean error"),
        ),
    )


def _groups(evaluation: Evaluation, title: str, what: str, groups: Mapping[str, Group], note: str = "") -> str:
    """A table and bars."""
    if not groups:
        return ""
    groups = without_repeats(groups)
    head = (
        what, "clips", "frames", "kept", "hold still", "linear", "raw", "paper", "bridge", "engine", "engine, kept",
        "median raw", "median engine", "kept ≤ 10 px", "kept in 95 %",
    )  # fmt: skip
    return section(
        title,
        f"<p>Mean errors in px @{REFERENCE_WIDTH} over all frames, unless it says kept or median.{note}</p>",
        table(head, (_group_row(name, group) for name, group in groups.items())),
        image(plot_groups(groups, evaluation.name), "png", f"mean error by {what}") if len(groups) > 1 else "",
    )


def _group_row(name: str, group: Group) -> list[str]:
    every = {way: scores["all"].reference for way, scores in group.ways.items()}
    kept = group.ways[ENGINE]["kept"]
    means = [number(every[way].mean) for way in (HOLD_STILL, LINEAR, RAW, "paper", "bridge", ENGINE)]
    medians = [number(every[way].median) for way in (RAW, ENGINE)]
    believed = percent(kept.calibration.coverage[LEVELS.index(0.95)])
    near = percent(kept.reference.within[LIMITS.index(10)])
    share = percent(group.kept / group.frames)
    return [
        name, str(group.clips), str(group.frames), share, *means, number(kept.reference.mean), *medians, near, believed
    ]  # fmt: skip


def _reasons(evaluation: Evaluation) -> str:
    """What each gate took out, and whether that was right."""
    if not evaluation.reasons:
        return ""
    return section(
        "Why frames were not kept",
        "<p>How far off the engine would have been there. What lies within 10 px was flagged for nothing.</p>",
        table(("reason", "frames", "mean px", "median", "≤ 10 px"), reason_rows(evaluation)),
    )


def _worst(evaluation: Evaluation) -> str:
    worst = worst_kept(evaluation.frames)
    if not len(worst):
        return section("The worst kept frames", "<p>The engine kept none.</p>")
    return section(
        "The worst kept frames",
        '<p>One a gap at most. <b>+</b> where the point is; <b class="said">●</b> where the engine put it, in its '
        "90 % ellipse.</p>",
        strip(draw_worst(evaluation.cohort, worst)),
    )


def _pair(*images: str) -> str:
    return f'<div class="pair">{"".join(images)}</div>'
