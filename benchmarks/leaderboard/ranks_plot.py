"""How often each model takes each rank when the patients are drawn anew, as challengeR's blob plot has it."""

from collections.abc import Sequence

import numpy as np

from .figures import figure_of, plain, svg


def plot_ranks(names: Sequence[str], frequency: np.ndarray) -> bytes:
    """SVG. names: M models from the top down; frequency (M, M): share of draws in which a model takes a rank."""
    n = len(names)
    figure, (axes,) = figure_of(1, 1, (2.4 + 0.62 * n, 1.2 + 0.42 * n))
    axes.grid(False)
    axes.imshow(frequency, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for place, rank in zip(*np.nonzero(frequency >= 0.005), strict=True):
        share = frequency[place, rank]
        axes.text(
            rank, place, f"{share:.0%}", ha="center", va="center", size=8, color="w" if share > 0.55 else "#222222"
        )
    axes.set_yticks(range(n), [plain(name) for name in names])
    axes.set_xticks(range(n), [str(rank + 1) for rank in range(n)])
    axes.set_xlabel("rank, share of bootstrap draws")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return svg(figure)
