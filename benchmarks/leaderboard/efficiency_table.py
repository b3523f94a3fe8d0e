"""What the models cost beside what they score (Table 10 of BleedOrigin has the papers' own figures)."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Final

from ..runs.record import Efficiency
from .board import HUMAN, Board
from .document import cell, column, name_cell, row, table
from .figures import figure_of, svg
from .findings import Findings
from .model_line import ModelLine
from .reported_rows import ReportedRow
from .reported_table import figure_cell, reported_bodies
from .words import NOTHING, head, scale

# Name in the papers' rows, head, what of Efficiency, in the head's unit, digits behind the point.
_COLUMNS: Final[tuple[tuple[str, str, Callable[[Efficiency], float | None], int], ...]] = (
    ("parameters", "parameters, M", lambda cost: _per(cost.parameters, 1e6), 2),
    ("trainable", "of them trainable, M", lambda cost: _per(cost.trainable, 1e6), 2),
    ("flops", "FLOPs a frame, G", lambda cost: _per(cost.flops, 1e9), 2),
    ("frames_per_s", "frames/s", lambda cost: cost.frames_per_s, 1),
    ("latency_s", "latency, s", lambda cost: 1 / cost.frames_per_s if cost.frames_per_s else None, 3),
    ("memory_mib", "memory, MiB", lambda cost: cost.memory_mib, 0),
)


def efficiency_table(board: Board, reported: Sequence[ReportedRow]) -> str:
    """HTML; empty where nothing was measured. Of several seeds the mean, of the runs where it was measured."""
    rows = []
    for name, runs in board.models.items():
        values = {key: mean([of(run.record.efficiency) for run in runs]) for key, _, of, _ in _COLUMNS}
        if any(math.isfinite(value) for value in values.values()):
            hardware = " / ".join(sorted({_machine(run.record.hardware) for run in runs}))
            cells = [_cell(values[key], digits) for key, _, _, digits in _COLUMNS]
            rows.append(row([name_cell(escape(name), name), *cells, cell(hardware, kind="text")]))
    if not rows:
        return ""
    top = [column("model"), *(column(title) for _, title, _, _ in _COLUMNS), column("measured on", kind="text")]
    bodies = [f"<tbody>{''.join(rows)}</tbody>", reported_bodies(reported, len(top), _reported)]
    return table(top, bodies, "Efficiency")


def _reported(one: ReportedRow) -> Iterator[str]:
    yield from (figure_cell(one, key) for key, *_ in _COLUMNS)
    yield cell("")


def plot_efficiency(found: Findings) -> bytes:
    """SVG: the primary metric over frames/s; the area grows with the number of parameters. Empty without a speed."""
    board, metric = found.board, found.board.primary
    figure, (axes,) = figure_of(1, 1, (5.4, 4.0))
    for name, cells in found.standings.items():
        speed = mean([run.record.efficiency.frames_per_s for run in board.models[name]])
        if not (speed > 0 and cells[metric.name].defined) or name == HUMAN:
            continue
        size = mean([run.record.efficiency.parameters for run in board.models[name]])
        line = ModelLine.of(board, name)
        area = 30 + 6 * math.sqrt(size / 1e4) if size > 0 else 30
        value = cells[metric.name].value * scale(metric.unit)
        axes.scatter([speed], [value], area, color=line.colour, marker=line.marker, alpha=0.85, label=line.label)
    if not axes.collections:
        return b""
    axes.set_xscale("log")
    axes.margins(0.12)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_xlabel("frames/s of the evaluation, decoding excluded")
    axes.set_ylabel(head(metric))
    figure.legend(loc="outside lower center", ncols=2, fontsize=9, frameon=False, markerscale=0.6)
    return svg(figure)


def mean(values: Sequence[float | None]) -> float:
    """Of those that were measured; NaN where none was."""
    known = [float(value) for value in values if value is not None and math.isfinite(value)]
    return sum(known) / len(known) if known else math.nan


def _per(value: float | None, unit: float) -> float | None:
    return None if value is None else value / unit


def _cell(value: float, digits: int) -> str:
    return cell(f"{value:,.{digits}f}", repr(value)) if math.isfinite(value) else cell(NOTHING, "")


def _machine(hardware: Mapping[str, object]) -> str:
    """The GPU by its name, or the kind and number of the processors, as training.hardware records them."""
    if hardware.get("gpu"):
        return str(hardware["gpu"])
    parts = (hardware.get("device"), hardware.get("machine"))
    cores = hardware.get("processors")
    return ", ".join([*(str(part) for part in parts if part), *([f"{cores} cores"] if cores else [])])
