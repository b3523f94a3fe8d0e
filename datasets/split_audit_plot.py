"""A picture of a split's audit: who is where, how labels shift, and the closest pairs of frames across parts."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .clip_strata import clip_strata
from .cohort import Cohort
from .errors import BleedkitError
from .finding import Finding
from .media import iter_images
from .split import Split
from .split_audit import Audit, in_order, parts_of
from .transaction import write_atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PAIRS: Final = 3
_COLOURS: Final = {"train": "#4477aa", "val": "#ccbb44", "test": "#ee6677"}
_PAIR_KINDS: Final = ("near-duplicate", "possible-near-duplicate", "identical-files")


def plot_audit(cohort: Cohort, split: Split, audit: Audit, path: Path) -> None:
    """Write the picture as PNG, atomically. Pairs whose images are not in place are left out."""
    from matplotlib.figure import Figure

    pairs = _pairs(cohort, audit)
    figure = Figure(figsize=(12, 4.2 + 2.6 * len(pairs)), layout="constrained")
    grid = figure.add_gridspec(1 + len(pairs), 2, height_ratios=[3.8, *[2.4] * len(pairs)])
    _draw_patients(figure.add_subplot(grid[0, 0]), cohort, split, audit.fold)
    _draw_shifts(figure.add_subplot(grid[0, 1]), audit)
    for row, (finding, images) in enumerate(pairs, start=1):
        _draw_pair(figure, grid[row, :].subgridspec(1, 2), finding, images)
    leaks = len(audit.leaks)
    figure.suptitle(f"{audit.cohort}: split {audit.split}, fold {audit.fold}: {leaks} leak{'s' * (leaks != 1)}")
    write_atomic(path, _png(figure))


def _draw_patients(axes: Any, cohort: Cohort, split: Split, fold: int) -> None:
    """Frames per patient, one bar each, a colour a part: a bar of two colours is a leak."""
    rows = clip_strata(cohort)
    parts = parts_of(rows, split, fold)
    patients = sorted({row.clip.patient_id for row in rows})
    place = {patient: i for i, patient in enumerate(patients)}
    base = np.zeros(len(patients))
    for part in in_order(parts.values()):
        frames = np.zeros(len(patients))
        for row in rows:
            if parts.get(row.clip.clip_id) == part:
                frames[place[row.clip.patient_id]] += row.frames
        axes.bar(range(len(patients)), frames, bottom=base, label=part, color=_COLOURS.get(part, "#888888"))
        base += frames
    axes.set(title="Frames by patient (two colours: in two parts)", ylabel="frames", xlabel="patient")
    step = max(1, len(patients) // 24)
    axes.set_xticks(range(0, len(patients), step), [_short(name) for name in patients[::step]], rotation=90, fontsize=7)
    axes.set_ylim(0, base.max(initial=1) * 1.18)
    axes.legend(ncols=3, loc="upper right")


def _draw_shifts(axes: Any, audit: Audit) -> None:
    """Total variation of every stratum and pair of parts, with its p value."""
    labels = [f"{shift.stratum}\n{shift.parts[0]} / {shift.parts[1]}" for shift in audit.shifts]
    colours = ["#cc3311" if shift.p_value <= 0.01 else "#4477aa" for shift in audit.shifts]
    values = [0.0 if np.isnan(shift.distance) else shift.distance for shift in audit.shifts]
    bars = axes.barh(range(len(labels)), values, color=colours)
    axes.bar_label(bars, [f"p = {shift.p_value:.3f}" for shift in audit.shifts], padding=3, fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.invert_yaxis()
    axes.set(title="Label shift (0 alike, 1 disjoint; red: more than chance)", xlim=(0, max([*values, 0.1]) * 1.25))


def _draw_pair(figure: "Figure", grid: Any, finding: Finding, images: Sequence[np.ndarray]) -> None:
    for side, image in enumerate(images):
        axes = figure.add_subplot(grid[0, side])
        axes.imshow(image)
        axes.set_axis_off()
        place = f"{_short(finding.clips[side])} frame {finding.frames[side]} ({finding.parts[side]})"
        bits = "same file" if finding.kind == "identical-files" else f"{finding.bits} bits apart"
        axes.set_title(f"{place}, {bits}" if side else place, fontsize=8)


def _pairs(cohort: Cohort, audit: Audit) -> list[tuple[Finding, list[np.ndarray]]]:
    """The closest pairs across parts that can be shown, at most three, each of other clips."""
    found = sorted(
        (f for f in audit.findings if f.kind in _PAIR_KINDS and len(f.parts) == 2), key=lambda f: f.bits or 0
    )
    pairs: list[tuple[Finding, list[np.ndarray]]] = []
    used: set[str] = set()
    for finding in found:
        if len(pairs) == _PAIRS:
            break
        if used.isdisjoint(finding.clips) and len(finding.clips) == 2:
            images = [
                image
                for clip, frame in zip(finding.clips, finding.frames, strict=True)
                for image in _image(cohort, clip, frame)
            ]
            if len(images) == 2:
                pairs.append((finding, images))
                used.update(finding.clips)
    return pairs


def _image(cohort: Cohort, clip_id: str, frame: int) -> list[np.ndarray]:
    try:
        return [image for _, image in iter_images(cohort, clip_id, [frame])]
    except BleedkitError:
        return []


def _short(name: str) -> str:
    return name if len(name) <= 28 else f"{name[:12]}...{name[-13:]}"


def _png(figure: "Figure") -> bytes:
    """PNG bytes without the time or version in them: the same audit gives the same file."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110, metadata={"Software": None})
    return out.getvalue()
