"""A cohort's statistics as tables in the terminal."""

import math
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from ..datasets.cohort_statistics import CohortStatistics, Spread


def print_statistics(statistics: CohortStatistics) -> None:
    """Print totals, labels, and shares by site and scenario to stdout."""
    console = Console(highlight=False)
    console.print(_totals(statistics))
    console.print(_labels(statistics))
    for title, counts in (("Site", statistics.by_site), ("Scenario", statistics.by_scenario)):
        console.print(_shares(title, counts))


def _totals(s: CohortStatistics) -> Table:
    table = Table(title=f"{s.name} ({s.source})", show_header=False)
    rows = {
        "clips": f"{s.clips} of {s.patients} patients, {s.procedures} procedures",
        "length": f"{s.seconds / 60:.1f} min in {s.frames} frames, {s.images} with image",
        "fps (clips)": ", ".join(f"{fps} ({n})" for fps, n in s.fps.items()),
        "size (clips)": ", ".join(f"{size} ({n})" for size, n in s.sizes.items()),
        "labelled frames": f"{s.labelled_frames}; a clip: {_spread(s.labels_per_clip)}",
        "frames a patient": _spread(s.frames_per_patient),
        "bleeding frames": _bleeding(s),
        "onset": _onset(s),
    }
    for name, text in rows.items():
        table.add_row(name, text)
    return table


def _bleeding(s: CohortStatistics) -> str:
    if s.bleeding_frames is None or not s.judged_frames:
        return "no label says anything of bleeding"
    return f"{s.bleeding_frames} of {s.judged_frames} judged ({s.bleeding_frames / s.judged_frames:.1%})"


def _onset(s: CohortStatistics) -> str:
    if not s.onset_s.n and not s.clips_never_bleeding:
        return "no clip has one"
    return f"{_spread(s.onset_s, ' s')}, in {s.onset_s.n} clips; {s.clips_never_bleeding} never bleed"


def _spread(spread: Spread, unit: str = "") -> str:
    if math.isnan(spread.median):
        return "none"
    return f"{spread.smallest:.4g} to {spread.largest:.4g}{unit}, median {spread.median:.4g}{unit}"


def _labels(s: CohortStatistics) -> Table:
    table = Table("labels", "state", "review", title="Current labels")
    table.add_column("rows", justify="right")
    table.add_column("visible", justify="right")
    for row in s.labels:
        table.add_row(row.table, row.state, row.review, str(row.labels), str(row.visible))
    return table


def _shares(title: str, counts: Mapping[str, float]) -> Table:
    table = Table(title.lower(), title=f"{title} by frames")
    table.add_column("frames", justify="right")
    table.add_column("share", justify="right")
    total = sum(counts.values()) or math.nan
    for name, frames in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(name, f"{frames:.0f}", f"{frames / total:.1%}")
    return table
