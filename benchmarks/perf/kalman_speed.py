"""Kalman smoothing of many short tracks: ours, all at once, against filterpy, one after the other.

    python -m bleedkit.benchmarks.perf.kalman_speed [--tracks 36000] [--frames 31]

Both get the same tracks, as many as 1,000 of BleedOrigin's segments have, and smooth all of them in this run; filterpy
needs a minute or two. Their results are compared before their times are.
"""

import argparse
import time
from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np

from ...pseudolabel.kalman import ConstantVelocity, Smoothed, smooth

Result = TypeVar("Result")
MODEL: Final = ConstantVelocity(acceleration_sd=1.0, velocity_sd=10.0)
MOST_APART: Final = 1e-9  # pixels


def filterpy_smooth(
    measured: np.ndarray, variance: np.ndarray, model: ConstantVelocity
) -> tuple[np.ndarray, np.ndarray]:
    """One track by filterpy: measured (T, 2), NaN where missing; variance (T,). Smoothed xy, and its covariance."""
    from filterpy.common import Q_discrete_white_noise
    from filterpy.kalman import KalmanFilter

    kalman = KalmanFilter(dim_x=4, dim_z=2)  # x, its velocity, y, its velocity
    kalman.F = np.kron(np.eye(2), [[1.0, 1.0], [0.0, 1.0]])
    kalman.H = np.kron(np.eye(2), [[1.0, 0.0]])
    kalman.Q = np.kron(np.eye(2), Q_discrete_white_noise(2, 1.0, model.acceleration_sd**2))
    kalman.x = np.array([measured[0, 0], 0.0, measured[0, 1], 0.0])
    kalman.P = np.kron(np.eye(2), np.diag([variance[0], model.velocity_sd**2]))
    means, covariances = [kalman.x.copy()], [kalman.P.copy()]
    for place, r in zip(measured[1:], variance[1:], strict=True):
        kalman.predict()
        kalman.update(None if np.isnan(place).any() else place, R=r * np.eye(2))
        means.append(kalman.x.copy())
        covariances.append(kalman.P.copy())
    x, p, _, _ = kalman.rts_smoother(np.array(means), np.array(covariances))
    return x[:, [0, 2]], p[:, [[0], [2]], [0, 2]]


def main() -> None:
    """Time both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=36_000)
    parser.add_argument("--frames", type=int, default=31)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    tracks = np.cumsum(rng.normal(0, 3, (args.tracks, args.frames, 2)), axis=1)
    variance = np.full(args.frames, 4.0)
    smooth(tracks[:1], variance, MODEL)  # NumPy's first call of a routine loads it
    ours, our_seconds = _timed(lambda: smooth(tracks, variance, MODEL))
    theirs, their_seconds = _timed(lambda: [filterpy_smooth(track, variance, MODEL) for track in tracks])
    apart = _apart(ours, theirs)
    if apart > MOST_APART:
        raise SystemExit(f"the results differ by {apart:.1e} px, more than {MOST_APART}")
    print(f"{args.tracks} tracks x {args.frames} frames, NumPy {np.__version__}, results within {apart:.0e} px")
    print(f"  bleedkit  {our_seconds:9.3f} s")
    print(f"  filterpy  {their_seconds:9.3f} s   {their_seconds / our_seconds:.0f} times as long")


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What `work` gives, and the CPU seconds it took: on a shared machine the clock on the wall measures the others."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def _apart(ours: Smoothed, theirs: list[tuple[np.ndarray, np.ndarray]]) -> float:
    xy = np.stack([xy for xy, _ in theirs])
    variance = np.stack([covariance[:, 0, 0] for _, covariance in theirs])
    return float(max(np.abs(ours.xy - xy).max(), np.abs(ours.variance - variance).max()))


if __name__ == "__main__":
    main()
