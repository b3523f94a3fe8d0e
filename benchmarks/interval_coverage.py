"""How often our intervals hold the truth and our tests cry wolf, on simulated patients, beside other ways: a module.

    python -m bleedkit.benchmarks.interval_coverage --patients 8 20 50 --plot coverage.png

Each sample is drawn from a population whose true figure is known (see statistics/coverage.py). The first table has, by
kind of metric, how many of the 95 % intervals held it, how many are called reliable, and how many of those held it. The
second has the last of these beside other intervals, over the kinds of which most are called reliable. The third: how
often two equally good models are called different with p <= 0.05, by our test and by sign flips, and how often any of
five is called worse than the one that came out best. Takes ten minutes.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..datasets.progress import track
from .statistics.coverage import POPULATIONS, samples
from .statistics.holm import holm
from .statistics.interval import doubt
from .statistics.other_ways import OURS, WAYS, sign_flip
from .statistics.paired import p_value


@dataclass(frozen=True, eq=False)
class Outcome:
    """Of one population and number of patients: held (R,) bool by way, reliable (R,) bool."""

    held: Mapping[str, np.ndarray]
    reliable: np.ndarray


def covered(name: str, n_patients: int, repetitions: int) -> Outcome:
    """All intervals of one population's samples."""
    truth = POPULATIONS[name].truth
    figures = [figure for (figure,) in samples(POPULATIONS[name], n_patients, repetitions)]
    spans = {way: np.array([of(figure) for figure in figures]) for way, of in WAYS.items()}
    held = {way: (span[:, 0] <= truth) & (truth <= span[:, 1]) for way, span in spans.items()}
    return Outcome(held, np.array([not doubt(figure) for figure in figures]))


def false_alarms(name: str, n_patients: int, repetitions: int) -> tuple[float, float, float]:
    """Shares of p <= 0.05 between equally good models: by our test, by sign flips, and in any of a board's tests.

    A board compares the model that came out best, here of five, with each of the others, under Holm's correction.
    """
    rng = np.random.default_rng(n_patients)
    alarms = []
    for models in samples(POPULATIONS[name], n_patients, repetitions, n_models=5):
        apart = models[0].minus(models[1])
        best = (min if POPULATIONS[name].better == "lower" else max)(models, key=lambda model: model.value)
        on_board = holm([p_value(best.minus(model)) for model in models if model is not best])
        alarms.append((p_value(apart) <= 0.05, sign_flip(apart, rng) <= 0.05, bool((on_board <= 0.05).any())))
    ours, flips, board = np.mean(alarms, axis=0)
    return float(ours), float(flips), float(board)


def main() -> None:
    """Print three Markdown tables, and draw the first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, nargs="+", default=[8, 20, 50])
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--populations", nargs="+", choices=POPULATIONS, default=list(POPULATIONS))
    parser.add_argument("--plot", type=Path, help="PNG of the first table.")
    given = parser.parse_args()
    cells = [(name, n) for name in given.populations for n in given.patients]
    found = {cell: covered(*cell, given.repetitions) for cell in track(cells, "intervals")}
    alarms = {cell: false_alarms(*cell, given.repetitions // 2) for cell in track(cells, "tests")}
    tables = (_coverage_table(found, given.patients), _ways_table(found, given.patients))
    print(*tables, _tests_table(alarms, given.patients), sep="\n")
    if given.plot:
        _plot(found, given.patients, given.plot)


def _coverage_table(found: Mapping[tuple[str, int], Outcome], patients: Sequence[int]) -> str:
    rows = [
        [POPULATIONS[name].what, f"{POPULATIONS[name].truth:.3g}", *(_cell(found[name, n]) for n in patients)]
        for name in dict.fromkeys(name for name, _ in found)
    ]
    return _table(["metric", "true", *_heads(patients)], rows)


def _cell(outcome: Outcome) -> str:
    held, reliable = outcome.held[OURS], outcome.reliable
    among = f", {held[reliable].mean():.1%} of them" if 0 < reliable.mean() < 1 else ""
    return f"{held.mean():.1%}; {reliable.mean():.0%} reliable{among}"


def _ways_table(found: Mapping[tuple[str, int], Outcome], patients: Sequence[int]) -> str:
    rows = []
    for way in WAYS:
        shares = [
            [o.held[way][o.reliable].mean() for (_, m), o in found.items() if m == n and o.reliable.mean() > 0.5]
            for n in patients
        ]
        rows.append([way, *(f"{np.mean(s):.1%}, least {min(s):.1%}" if s else "-" for s in shares)])
    return _table(["interval", *_heads(patients)], rows)


def _tests_table(alarms: Mapping[tuple[str, int], tuple[float, ...]], patients: Sequence[int]) -> str:
    rows = [
        [POPULATIONS[name].what, *(" / ".join(f"{share:.1%}" for share in alarms[name, n]) for n in patients)]
        for name in dict.fromkeys(name for name, _ in alarms)
    ]
    return _table(["metric", *_heads(patients)], rows)


def _heads(patients: Sequence[int]) -> list[str]:
    return [f"{n} patients" for n in patients]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _plot(found: Mapping[tuple[str, int], Outcome], patients: Sequence[int], path: Path) -> None:
    """Share of intervals that held the truth; filled: all of them, hollow: those called reliable."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(name for name, _ in found))
    figure = Figure(figsize=(9, 0.42 * len(names) + 1.4), layout="constrained")
    axes = figure.subplots()
    for i, n in enumerate(patients):
        place = np.arange(len(names)) + (i - (len(patients) - 1) / 2) * 0.22
        colour = ("#4477aa", "#ee6677", "#228833", "#ccbb44")[i % 4]
        held = [found[name, n].held[OURS] for name in names]
        kept = [found[name, n].reliable for name in names]
        marker = "os^D"[i % 4]
        axes.plot([100 * h.mean() for h in held], place, marker, color=colour, label=f"{n} patients", ms=5)
        told = [100 * h[r].mean() if r.mean() >= 0.05 else np.nan for h, r in zip(held, kept, strict=True)]
        axes.plot(told, place, "o", mfc="none", color=colour, ms=9)
    axes.axvline(95, color="k", lw=0.8)
    axes.set_yticks(range(len(names)), [POPULATIONS[name].what for name in names])
    axes.invert_yaxis()
    axes.set(xlabel="% of 95 % intervals that hold the truth; ring: of those called reliable, if any", xlim=(-2, 102))
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="upper left")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
