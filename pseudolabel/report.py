"""report.html: one self-contained page of what a pseudo-label run did, to be looked at before anybody trains on it."""

import base64
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

import numpy as np

from ..datasets.cohort import Cohort
from ..datasets.moving_texture import Truth
from ..datasets.progress import track as progress
from ..datasets.transaction import write_atomic
from .accuracy import ENGINE, FORWARD, LEVELS, LINEAR, FrameErrors, against_hidden_labels, against_truth
from .densify import DenseTrack
from .known_truth import known_truth
from .report_overlays import overlays
from .report_plots import plot_errors, plot_target
from .report_style import STYLE
from .segments import Segment

Results = Sequence[tuple[Segment, DenseTrack]]
MOST_CLIPS: Final = 24  # shown in pictures; the figures are over all


def write_report(cohort: Cohort, results: Results, checks: Results, out: Path, *, preset: str) -> Path:
    """Write `out/report.html`; returns its path. checks: the segments that hide a label."""
    by_clip: dict[str, list[tuple[Segment, DenseTrack]]] = {}
    for segment, dense in results:
        by_clip.setdefault(segment.clip_id, []).append((segment, dense))
    found = {clip_id: known_truth(cohort, clip_id) for clip_id in by_clip}
    truths = {clip_id: truth for clip_id, truth in found.items() if truth is not None}
    shown = list(by_clip)[:MOST_CLIPS]
    body = [
        f"<header><h1>Pseudo-labels</h1><p>{escape(cohort.meta.name)} · preset <b>{escape(preset)}</b></p></header>",
        _tiles(results),
        _legend(),
        _accuracy("Against exact truth", "Where a person could point at it.", against_truth(results, truths)),
        _accuracy(
            "Against labels it was not shown",
            "Each inner human label in turn is hidden and found again across a gap twice as long as in the real run, "
            "so this is harder than the run itself. A label that is off counts as an error here.",
            against_hidden_labels(checks),
        ),
        _reasons(results),
    ]
    body += [_clip(cohort, name, by_clip[name], truths.get(name)) for name in progress(shown, "report")]
    if len(shown) < len(by_clip):
        body.append(f"<p>Pictures of the first {len(shown)} of {len(by_clip)} clips; the figures are over all.</p>")
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bleedkit: pseudo-labels</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{''.join(body)}</main></body></html>\n"
    )
    path = out / "report.html"
    write_atomic(path, page.encode())
    return path


def _tiles(results: Results) -> str:
    labelled = sum(int(dense.trusted.sum()) for _, dense in results)
    frames = sum(len(dense.frames) for _, dense in results)
    anchors = {
        (segment.clip_id, segment.target, anchor.frame)
        for segment, _ in results
        for anchor in (segment.before, segment.after)
        if anchor is not None
    }
    values = {
        "clips": len({segment.clip_id for segment, _ in results}),
        "frames labelled by people": len(anchors),
        "pseudo-labels": labelled,
        "frames flagged for review": frames - labelled,
        "of the frames labelled": f"{labelled / frames:.0%}" if frames else "-",
    }
    return '<section class="tiles">' + "".join(f"<div><b>{v}</b>{k}</div>" for k, v in values.items()) + "</section>"


def _legend() -> str:
    return (
        '<p class="legend"><b>+</b> human label · <b>●</b> pseudo-label in its 90 % ellipse, with the way it came '
        "(a ring: hidden, carried by its neighbours) · "
        '<b class="flag">○</b> flagged: not labelled, the best guess is shown for a reviewer</p>'
    )


def _accuracy(title: str, text: str, errors: FrameErrors | None) -> str:
    if errors is None or not errors.trusted.size:
        return ""
    rows = [_row("engine, trusted frames", errors.of(ENGINE, kept=True), len(errors.trusted))]
    rows += [
        _row(f"{name}, same frames", errors.of(name, kept=True), len(errors.trusted)) for name in (FORWARD, LINEAR)
    ]
    rows += [
        _row(f"{name}, all", errors.of(name, kept=False), len(errors.trusted)) for name in (ENGINE, FORWARD, LINEAR)
    ]
    head = "".join(f"<th>{name}</th>" for name in ("", "frames", "mean px", "median px", "within 5 px", "within 10 px"))
    said = "none of these frames is trusted"
    if errors.trusted.any():
        said = ", ".join(f"{errors.coverage(level):.0%} in the {level:.0%} ellipse" for level in LEVELS)
    picture = _image(plot_errors(errors, title), "png", f"{title}: error distribution and coverage")
    return (
        f"<section><h2>{title}</h2><p>{text}</p><table><tr>{head}</tr>{''.join(rows)}</table>"
        f"<p>Coverage of the trusted frames: {said}.</p>{picture}</section>"
    )


def _row(name: str, distance: np.ndarray, total: int) -> str:
    if not len(distance):
        cells = ["0", "-", "-", "-", "-"]
    else:
        shares = [f"{(distance <= limit).mean():.0%}" for limit in (5, 10)]
        cells = [f"{len(distance)} of {total}", f"{distance.mean():.2f}", f"{np.median(distance):.2f}", *shares]
    return f"<tr><td>{name}</td>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _reasons(results: Results) -> str:
    """Why frames were flagged, most frequent first; numbers inside a reason are left out so that like joins like."""
    counts = Counter(_plain(reason) for _, dense in results for reason in dense.reasons if reason)
    if not counts:
        return "<p>No frame was flagged.</p>"
    rows = "".join(f"<tr><td>{escape(reason)}</td><td>{n}</td></tr>" for reason, n in counts.most_common())
    head = "<tr><th>reason</th><th>frames</th></tr>"
    return f"<section><h2>Why frames were flagged</h2><table>{head}{rows}</table></section>"


def _plain(reason: str) -> str:
    return re.sub(r"\d+(\.\d+)?", "N", reason)


def _clip(cohort: Cohort, clip_id: str, results: Results, truth: Truth | None) -> str:
    strip = "".join(
        f'<figure class="{"flagged" if picture.flagged else ""}">{_image(picture.jpeg, "jpeg", picture.caption)}'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
        for picture in overlays(cohort, clip_id, results)
    )
    targets: dict[str, list[tuple[Segment, DenseTrack]]] = {}
    for segment, dense in sorted(results, key=lambda pair: (pair[0].target, pair[0].frames)):
        targets.setdefault(segment.target, []).append((segment, dense))
    plots = "".join(
        f"<h3>{escape(target)} {_counts(d for _, d in of_target)}</h3>"
        + _image(plot_target(of_target, truth, point), "png", f"{target} over time")
        for point, (target, of_target) in enumerate(targets.items())
    )
    return f'<section><h2>Clip {escape(clip_id)}</h2><div class="strip">{strip}</div>{plots}</section>'


def _counts(tracks: Iterable[DenseTrack]) -> str:
    trusted = [bool(kept) for dense in tracks for kept in dense.trusted]
    return f"<small>{sum(trusted)} labelled, {len(trusted) - sum(trusted)} flagged</small>"


def _image(data: bytes, kind: str, text: str) -> str:
    encoded = base64.b64encode(data).decode()
    return f'<img alt="{escape(text, quote=True)}" loading="lazy" src="data:image/{kind};base64,{encoded}">'
