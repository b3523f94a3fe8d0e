"""How pictures are drawn: SVG with the same bytes every time."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure


def plain(text: str, longest: int = 28) -> str:
    """Text that matplotlib draws as it is: no formula, not left out of a legend, no longer than there is room."""
    text = text if len(text) <= longest else f"{text[: longest - 1]}…"
    text = "".join(letter if letter.isprintable() else "·" for letter in text)
    return ("\u2009" + text if text.startswith("_") else text).replace("$", r"\$")


def figure_of(rows: int, columns: int, inches: tuple[float, float]) -> "tuple[Figure, np.ndarray]":
    """A figure with our look, drawn without a window, and its axes in one row."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=inches, layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(which="both", labelsize=10)
        axis.grid(alpha=0.25, lw=0.5)
        axis.set_axisbelow(True)
    return figure, axes


def svg(figure: "Figure") -> bytes:
    """The picture as SVG; text as outlines, so that it looks the same where fonts differ."""
    import matplotlib as mpl

    data = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "bleedkit", "svg.fonttype": "path"}):
        figure.savefig(data, format="svg", metadata={"Date": None, "Creator": None})
    return data.getvalue()
