"""A picture of a cohort: when clips are labelled, where in the image points lie, how frames spread over patients."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .cohort import Cohort
from .cohort_statistics import CohortStatistics, cohort_statistics
from .schema import LabelState
from .transaction import write_atomic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = {LabelState.HUMAN: "#0072b2", LabelState.PSEUDO: "#e69f00", LabelState.MODEL: "#009e73"}
"""Okabe and Ito's colours, told apart by colour-blind eyes as well."""
_BINS: Final = 24
_NAMED: Final = 40  # more names than this cannot be read


def plot_cohort(cohort: Cohort, path: Path) -> None:
    """Write three panels as PNG: labels over time by clip, density of points in the image, frames by patient."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    statistics = cohort_statistics(cohort)
    height = min(4 + 0.15 * statistics.clips, 14)
    figure = Figure(figsize=(16, height), layout="constrained")
    FigureCanvasAgg(figure)
    time, space, patients = figure.subplots(1, 3, width_ratios=[3, 2, 2])
    _plot_time(time, cohort, statistics)
    _plot_space(space, cohort)
    _plot_patients(patients, statistics)
    if time.get_legend_handles_labels()[0]:
        figure.legend(loc="outside lower left", ncols=4, frameon=False)
    figure.suptitle(f"{statistics.name}: {statistics.clips} clips, {statistics.patients} patients")
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=100, metadata={"Software": None})
    write_atomic(path, data.getvalue())


def _plot_time(axes: "Axes", cohort: Cohort, statistics: CohortStatistics) -> None:
    rows = {row.clip_id: (at, row) for at, row in enumerate(statistics.per_clip)}
    axes.hlines(range(len(rows)), 0, [row.seconds for _, row in rows.values()], color="0.85", linewidth=3)
    for state, (clip_ids, frames) in _labelled(cohort).items():
        x = [frame / cohort.clips[clip_id].fps for clip_id, frame in zip(clip_ids, frames, strict=True)]
        y = [rows[clip_id][0] for clip_id in clip_ids]
        axes.plot(x, y, "|", color=COLOURS[state], markersize=8, label=f"{state} label")
    onsets = [(row.onset_s, at) for at, row in rows.values() if row.onset_s is not None]
    if onsets:
        axes.plot(*zip(*onsets, strict=True), "v", color="#d55e00", markersize=5, label="onset")
    if len(rows) <= _NAMED:
        axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    axes.set(
        xlabel="seconds in the clip", title="Labelled frames over time", ylabel="" if len(rows) <= _NAMED else "clip"
    )


def _labelled(cohort: Cohort) -> dict[LabelState, tuple[list[str], list[int]]]:
    """(clip ids, frames) of current point and mask labels by state."""
    found: dict[LabelState, tuple[list[str], list[int]]] = {}
    for name in ("points", "masks"):
        for row in cohort.label_table(name).select(["state", "clip_id", "frame"]).to_pylist():
            clip_ids, frames = found.setdefault(LabelState(row["state"]), ([], []))
            clip_ids.append(row["clip_id"])
            frames.append(row["frame"])
    return dict(sorted(found.items(), reverse=True))  # people's last, so that nothing hides them


def _plot_space(axes: "Axes", cohort: Cohort) -> None:
    from matplotlib.ticker import MaxNLocator

    xy = _normalised_points(cohort)
    axes.set(title=f"Where the {len(xy)} visible points lie", xlabel="x / width", ylabel="y / height")
    axes.set(xlim=(0, 1), ylim=(1, 0))
    if not len(xy):
        axes.text(0.5, 0.5, "no visible point", ha="center")
        return
    counts, _, _ = np.histogram2d(xy[:, 1], xy[:, 0], bins=_BINS, range=[[0, 1], [0, 1]])
    shown: Any = axes.imshow(np.where(counts > 0, counts, np.nan), extent=(0, 1, 1, 0), cmap="viridis", aspect="auto")
    axes.figure.colorbar(shown, ax=axes, label="points", ticks=MaxNLocator(integer=True))


def _normalised_points(cohort: Cohort) -> np.ndarray:
    """(N, 2) float64 of x / W, y / H of the current visible points."""
    rows = cohort.label_table("points").select(["clip_id", "x", "y", "visible"]).to_pylist()
    sizes = {clip_id: clip.size for clip_id, clip in cohort.clips.items()}
    xy = [
        (row["x"] / sizes[row["clip_id"]].width, row["y"] / sizes[row["clip_id"]].height)
        for row in rows
        if row["visible"]
    ]
    return np.array(xy, float).reshape(-1, 2)


def _plot_patients(axes: "Axes", statistics: CohortStatistics) -> None:
    totals: dict[str, int] = {}
    for row in statistics.per_clip:
        totals[row.patient_id] = totals.get(row.patient_id, 0) + row.frames
    ordered = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    axes.barh(range(len(ordered)), [frames for _, frames in ordered], height=0.6, color="0.55")
    if len(ordered) <= _NAMED:
        axes.set_yticks(range(len(ordered)), [patient for patient, _ in ordered])
    axes.invert_yaxis()
    axes.set(xlabel="frames", title="Frames by patient", ylabel="" if len(ordered) <= _NAMED else "patient")
