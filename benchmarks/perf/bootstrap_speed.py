"""Bootstrap of 5,000 frames of 44 patients: ours beside scoring the rows of each resample anew.

    python -m bleedkit.benchmarks.perf.bootstrap_speed [--draws 10000] [--frames 5000] [--loops 100]

Both get the same resamples, and their figures are compared before their times are. The loop scores only the first
`--loops` of them, and its time is scaled to all. Times are CPU seconds.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeVar

import numpy as np

from ..metrics.auroc import Auroc
from ..metrics.calibration import Calibration
from ..metrics.draws import Groups
from ..metrics.summary import Median, Ratio, Summary
from ..statistics.bootstrap import draws
from ..statistics.interval import interval
from ..statistics.resampled import Resampled

PATIENTS, CLIPS = 44, 485
MOST_APART: Final = 1e-9
Result = TypeVar("Result")
Made = Callable[[np.ndarray, np.ndarray], Summary]

SUMMARIES: Final[Mapping[str, Made]] = {
    "pooled ratio": lambda x, yes: Ratio(x * yes, x),
    "mean over clips": lambda x, yes: Ratio(x * yes, x, "clip"),
    "mean over patients": lambda x, yes: Ratio(x * yes, x, "patient"),
    "median": lambda x, _yes: Median(x),
    "AUROC": Auroc,
    "calibration error": Calibration,
}
ANEW: Final = ("pooled ratio", "median", "AUROC", "calibration error")
"""Those that need no clips, so that rows drawn twice are simply there twice."""


def main() -> None:
    """Print seconds for the draws and for each kind of metric."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--frames", type=int, default=5_000)
    parser.add_argument("--loops", type=int, default=100)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    groups = _groups(rng, given.frames)
    x, yes = rng.random(len(groups.clip)), rng.random(len(groups.clip)) < 0.3
    shared, seconds = _timed(lambda: draws(groups, given.draws))
    print(
        f"{given.draws} draws, {len(x)} frames, {CLIPS} clips, {PATIENTS} patients, NumPy {np.__version__}, CPU seconds"
    )
    print(f"  draws, once for all      {seconds:8.3f}")
    for name, make in SUMMARIES.items():
        figure, seconds = _timed(partial(Resampled.of, make(x, yes), groups, shared))
        interval(figure)
        loop = ""
        if name in ANEW:
            apart, seconds_anew = _anew(make, (x, yes), groups, shared.clips[: given.loops], figure)
            whole = seconds_anew * given.draws / given.loops
            loop = f"   anew {whole:8.1f} (scaled from {given.loops} draws; figures within {apart:.0e})"
        print(f"  {name:24} {seconds:8.3f}{loop}")


def _anew(
    make: Made, rows: tuple[np.ndarray, np.ndarray], groups: Groups, times: np.ndarray, figure: Resampled
) -> tuple[float, float]:
    """How far the loop's figures are from ours, and its seconds. rows: x and yes; times (L, C): of the first draws."""
    found, seconds = _timed(lambda: np.array([_scored(make, rows, groups, once) for once in times]))
    apart = float(np.abs(found - figure.draws[: len(times)]).max())
    if apart > MOST_APART:
        raise SystemExit(f"the figures differ by {apart:.1e}")
    return apart, seconds


def _scored(make: Made, rows: tuple[np.ndarray, np.ndarray], groups: Groups, times: np.ndarray) -> float:
    x, yes = rows
    drawn = np.repeat(np.arange(len(x)), times[groups.clip].astype(np.int64))
    return make(x[drawn], yes[drawn]).score(groups).value


def _groups(rng: np.random.Generator, frames: int) -> Groups:
    """Clips of patients and frames of clips by chance, one at least."""
    patient = np.sort(np.concatenate([np.arange(PATIENTS), rng.integers(0, PATIENTS, CLIPS - PATIENTS)]))
    clip = np.sort(np.concatenate([np.arange(CLIPS), rng.integers(0, CLIPS, frames - CLIPS)]))
    return Groups(clip, patient)


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


if __name__ == "__main__":
    main()
