"""How much faster Track-On gets by encoding every frame once: our schedule beside the official one, in one run.

The work is the pseudo-label engine's: chained segments (the last frame of one is the first of the next), 36 points,
followed forward from the first label and backward from the last. Both schedules run the same network with the same
weights through the same code, so that only the schedule differs; positions must come out equal.

The official one is `TrackOn.inference` of gorkaydemir/track_on, branch track-on, model/track_on.py, called once for a
segment and direction: `backbone.sample_queries_online` encodes the frame that the points are asked for in, then
`backbone.encode_frames_online` encodes every frame, that one again, and the points are stepped over it. Frames that
directions and segments share are encoded for each. The 400 more grid points of its evaluation are left out.

Ours encodes every frame of the clip once and holds it, 33 MB each: 4 GB with `--gap 30`; the engine holds those of
open segments only. With `--batch N`, N tracks (segments, directions) are stepped together.

Weights are random unless a checkpoint is given: the time does not hang on their values. A pass is one frame in one
direction, as in the frame rate of BleedOrigin, Table 10: 11.82 a second for its tracker on an A6000.

    python -m bleedkit.benchmarks.perf.track_on_speed
    python -m bleedkit.benchmarks.perf.track_on_speed --gap 30 --device cuda --bf16 --compile --batch 8
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ...models.point_tracker import PointTracks
from ...models.track_on.tracker import WEIGHTS, TrackOnTracker

PAPER: Final = 11.82
SIZE: Final = (640, 512)
POINTS: Final = 36
EQUAL_PX: Final = 1e-3


@dataclass(frozen=True, eq=False)
class Work:
    """frames: the clip's, RGB. passes: each track's frame numbers in its own order. points (36, 2): where all start."""

    frames: Sequence[np.ndarray]
    passes: Sequence[range]
    points: np.ndarray


def make_work(segments: int, gap: int) -> Work:
    """Segments of `gap` steps over blurred noise that moves."""
    import cv2

    rng = np.random.default_rng(0)
    steps = segments * gap
    noise = cv2.GaussianBlur(rng.standard_normal((SIZE[1] + steps, SIZE[0] + steps, 3)).astype(np.float32), (0, 0), 4)
    picture = np.clip(128 + 45 * noise / noise.std(), 0, 255).astype(np.uint8)
    frames = [np.ascontiguousarray(picture[t : t + SIZE[1], t : t + SIZE[0]]) for t in range(steps + 1)]
    forward = [range(first, first + gap + 1) for first in range(0, steps, gap)]
    passes = [order for there in forward for order in (there, there[::-1])]
    points = rng.uniform((50, 50), (SIZE[0] - 50, SIZE[1] - 50), (POINTS, 2)).astype(np.float32)
    return Work(frames, passes, points)


def official_schedule(tracker: TrackOnTracker, work: Work) -> list[PointTracks]:
    """Every pass encodes all of its frames, the first one twice."""
    tracks = []
    for order in work.passes:
        tracker.encode(work.frames[order[0]])
        tracks.append(tracker.track([tracker.encode(work.frames[t]) for t in order], work.points))
    return tracks


def our_schedule(tracker: TrackOnTracker, work: Work, batch: int) -> list[PointTracks]:
    """Every frame is encoded once, and `batch` passes are stepped together."""
    views = [tracker.encode(frame) for frame in work.frames]
    jobs = [([views[t] for t in order], work.points) for order in work.passes]
    together = [tracker.track_many(jobs[first : first + batch]) for first in range(0, len(jobs), batch)]
    return [track for some in together for track in some]


def make_tracker(args: argparse.Namespace) -> TrackOnTracker:
    """The tracker with the given checkpoint, or with random weights."""
    import torch

    from ...models.track_on.network import TrackOn

    settings = {"device": args.device, "memory": args.memory, "bf16": args.bf16, "compiled": args.compile}
    if args.weights:
        return TrackOnTracker(weights={WEIGHTS: args.weights}, **settings)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.pt"
        torch.save(TrackOn().state_dict(), path)
        return TrackOnTracker(weights={WEIGHTS: path}, **settings)


def timed(device: str, call: Callable[[], list[PointTracks]]) -> tuple[float, list[PointTracks]]:
    """Seconds and answer; on a CPU its own seconds, so that others on the machine do not count."""
    import torch

    clock = time.process_time if device == "cpu" else time.perf_counter
    start = clock()
    tracks = call()
    if device != "cpu":
        torch.cuda.synchronize(device)
    return clock() - start, tracks


def largest_difference(ours: Sequence[PointTracks], theirs: Sequence[PointTracks]) -> float:
    """In pixels, over all tracks, points and frames."""
    return max(float(np.abs(a.xy - b.xy).max()) for a, b in zip(ours, theirs, strict=True))


def main() -> None:
    """Run both and print."""
    import torch

    args = _arguments()
    torch.set_num_threads(args.threads)
    tracker, work = make_tracker(args), make_work(args.segments, args.gap)
    warm = Work(work.frames[: args.gap + 1], work.passes[:2] * (1 + args.batch // 2), work.points)
    our_schedule(tracker, warm if args.compile else Work(work.frames[:2], [range(2)], work.points), args.batch)
    theirs, official = timed(args.device, lambda: official_schedule(tracker, work))
    ours, found = timed(args.device, lambda: our_schedule(tracker, work, args.batch))
    passes, frames = sum(map(len, work.passes)), len(work.frames)
    encoded = passes + len(work.passes)
    clock = "CPU seconds" if args.device == "cpu" else "seconds"
    print(f"{args.segments} segments of {args.gap} steps, {POINTS} points, both directions: {passes} passes")
    print(f"official schedule  {encoded:5d} encoded  {theirs:8.2f} {clock}  {passes / theirs:8.2f} passes/s")
    print(f"our schedule       {frames:5d} encoded  {ours:8.2f} {clock}  {passes / ours:8.2f} passes/s")
    print(f"ratio {theirs / ours:.2f}; BleedOrigin, Table 10, on an A6000: {PAPER} frames/s")
    apart = largest_difference(found, official)
    print(f"positions differ by {apart:.1e} px at most")
    # In bfloat16 the order of a sum decides between cells that fit alike: batches may answer apart.
    if not args.bf16 and not apart <= EQUAL_PX:
        raise SystemExit(f"the schedules must answer alike to {EQUAL_PX} px")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=int, default=4)
    parser.add_argument("--gap", type=int, default=6, help="steps from one label to the next; the engine's is 30")
    parser.add_argument("--memory", type=int, default=48)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1, help="passes stepped together")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--weights", type=Path, help="the official checkpoint; random weights without it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
