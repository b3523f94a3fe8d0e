"""A picture of a training: every loss over the steps."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from ...datasets.transaction import write_atomic

_NOT_A_LOSS: Final = ("step", "epoch", "rate", "seconds")
_COLOURS: Final = ("#000000", "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9")
_POINTS: Final = 200


def draw_curves(steps: Sequence[Mapping[str, float]], path: Path) -> None:
    """Write a PNG of the losses in `steps` (rows of the log, in order), averaged over short stretches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    names = [name for name in steps[0] if name not in _NOT_A_LOSS and not name.endswith("gradient")]
    positive = all(row[name] > 0 for row in steps for name in names)
    for name, colour in zip(names, _COLOURS * len(names), strict=False):
        at, value = averaged([row[name] for row in steps])
        axes.plot(at, value, color=colour, label=name, linewidth=2 if name == "loss" else 1)
    axes.set(xlabel="step", ylabel="loss")
    axes.set_yscale("log" if positive else "symlog")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=100, metadata={"Software": None})
    write_atomic(path, data.getvalue())


def averaged(values: Sequence[float], points: int = _POINTS) -> tuple[np.ndarray, np.ndarray]:
    """At most `points` means of equal stretches, and the middle step of each."""
    parts = np.array_split(np.asarray(values, float), min(points, len(values)))
    ends = np.cumsum([len(part) for part in parts])
    middle = ends - np.array([len(part) / 2 for part in parts]) - 0.5
    return middle, np.array([part.mean() for part in parts])
