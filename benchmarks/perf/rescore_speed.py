"""Rescoring region-point predictions: every metric of the protocol, beside the authors' way of counting two of them.

SurgBlood's `Evaluate.py` fills a confusion matrix from 512x512 pixels, and measures one point, frame by frame. Here
that loop gets its masks and points decoded, so nothing of its time is for reading; ours starts from the table of
predictions.parquet and also gives the frames' overlaps, edges, distances, presence and calibration.

    python -m bleedkit.benchmarks.perf.rescore_speed [--frames 100000] [--theirs 500]

Regions are rough blobs, drawn from a stock: no result is kept from one frame to the next. `--theirs` frames go through
their loop, for the time of a frame; both must agree on IoU, Dice and PCK there.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa

from ..metrics.score import Score
from ..predictions.groups import score
from ..predictions.mask_code import GRID, decode_mask, encode_mask
from ..predictions.schemas import SCHEMAS
from ..protocols import region_point

Result = TypeVar("Result")
STOCK: Final = 400
FRAMES_A_CLIP: Final = 60
SIZE: Final = (1280, 720)
COMPARED: Final = ("iou", "dice", "pck_2", "pck_5", "pck_10")
MOST_APART: Final = 1e-6  # their confusion matrix is of 32-bit floats


def synthetic_table(frames: int, seed: int = 0) -> pa.Table:
    """Predictions as a fair model may leave them: the true region, moved and with another rim; points near and far."""
    rng = np.random.default_rng(seed)
    stock = [_region_and_answer(rng) for _ in range(STOCK)]
    picked = rng.integers(0, STOCK, frames)
    clip = np.arange(frames) // FRAMES_A_CLIP
    true = rng.uniform(0, 1, (frames, 2)) * SIZE
    point = true + rng.standard_t(3, (frames, 2)) * 40
    there = rng.random(frames) < 0.9
    columns: dict[str, Any] = {
        "clip_id": [f"clip{n:05d}" for n in clip],
        "patient_id": [f"patient{n // 2:05d}" for n in clip],
        "site": [""] * frames,
        "scenarios": [[]] * frames,
        "fps": [2.0] * frames,
        "width": [SIZE[0]] * frames,
        "height": [SIZE[1]] * frames,
        "n_frames": [FRAMES_A_CLIP] * frames,
        "frame": np.arange(frames) % FRAMES_A_CLIP,
        "x": point[:, 0],
        "y": point[:, 1],
        "confidence": np.clip(rng.normal(0.3 + 0.5 * there, 0.2), 0, 1),
        "mask": [stock[n][1] for n in picked],
        "true_x": pa.array(true[:, 0], mask=~there),
        "true_y": pa.array(true[:, 1], mask=~there),
        "true_visible": there,
        "true_mask": [stock[n][0] for n in picked],
    }
    schema = SCHEMAS["region-point"]
    return pa.table({name: pa.array(columns[name]).cast(schema.field(name).type) for name in schema.names}, schema)


def ours(table: pa.Table) -> dict[str, Score]:
    """Every metric of the protocol."""
    rows = region_point.SPEC.rows(table)
    return {metric.name: score(metric, rows) for metric in region_point.SPEC.metrics}


def theirs(masks: np.ndarray, true_masks: np.ndarray, points: np.ndarray, true_points: np.ndarray) -> dict[str, float]:
    """COMPARED, frame by frame. masks (N, 512, 512) bool; points (N, 2), shares of width and height, NaN for none."""
    import torch

    confusion, near, asked = torch.zeros(2, 2), dict.fromkeys((2, 5, 10), 0), 0
    for mask, true_mask, point, true_point in zip(masks, true_masks, points, true_points, strict=True):
        said, label = torch.from_numpy(mask).int(), torch.from_numpy(true_mask).int()
        counted = (label >= 0) & (label < 2) & (label != 255)
        confusion += torch.bincount(2 * label[counted] + said[counted], minlength=4).view(2, 2)
        if np.isnan(true_point[0]):
            continue
        asked += 1
        distance = float(np.linalg.norm(point * GRID - true_point * GRID))
        for percent in near:
            near[percent] += distance < GRID * percent / 100
    both, areas = float(confusion[1, 1]), float(confusion[1].sum() + confusion[:, 1].sum())
    shares = {f"pck_{percent}": count / asked for percent, count in near.items()}
    return {"iou": both / (areas - both), "dice": 2 * both / areas, **shares}


def main() -> None:
    """Time both and print the ratio."""
    args = _arguments()
    table = synthetic_table(args.frames)
    ours(table.slice(0, 1))  # SciPy's and PyArrow's first calls load them
    scores, clock, processor = _timed(lambda: ours(table))
    print(f"{args.frames:,} frames, {SIZE[0]}x{SIZE[1]}, {len(scores)} metrics")
    print(f"  bleedkit  {clock:8.1f} s, {processor:.1f} s of processor, {1e3 * processor / args.frames:.2f} ms a frame")
    few = table.slice(0, min(args.theirs, args.frames))
    seconds = _their_seconds(few, ours(few))
    print(f"  theirs    {1e3 * seconds / len(few):8.2f} ms a frame of processor, over {len(few):,} frames: 5 figures")
    print(f"  {seconds / len(few) / (processor / args.frames):.1f} times as long, without edges and distances")


def _their_seconds(table: pa.Table, scores: Mapping[str, Score]) -> float:
    masks = [np.stack([decode_mask(code) for code in table[name].to_pylist()]) for name in ("mask", "true_mask")]
    points = [np.column_stack([table[f"{which}{axis}"].to_numpy() for axis in "xy"]) / SIZE for which in ("", "true_")]
    found, _, seconds = _timed(lambda: theirs(*masks, *points))
    for name in COMPARED:
        if abs(found[name] - scores[name].value) > MOST_APART:
            raise SystemExit(f"{name} differs: ours {scores[name].value}, theirs {found[name]}")
    return seconds


def _timed(work: Callable[[], Result]) -> tuple[Result, float, float]:
    """What `work` gives, the seconds it took by the clock, and those of the processor, all threads together."""
    start, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - start, time.process_time() - processor


def _region_and_answer(rng: np.random.Generator) -> tuple[bytes, bytes]:
    """A region of some hundredths of the frame, in one or more pieces, and what a fair model makes of it."""
    import cv2

    y, x = np.mgrid[:GRID, :GRID]
    centre, radius = rng.uniform(80, GRID - 80, 2), rng.uniform(40, 110)
    codes = []
    for moved in (np.zeros(2), rng.normal(0, 8, 2)):
        far = (x - centre[0] - moved[0]) ** 2 + (y - centre[1] - moved[1]) ** 2
        noise = cv2.GaussianBlur(rng.normal(size=(GRID, GRID)), (0, 0), 20)
        codes.append(encode_mask(np.exp(-far / (2 * radius**2)) + 0.1 * noise / noise.std() > 0.6))
    return codes[0], codes[1]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--theirs", type=int, default=500)
    return parser.parse_args()


if __name__ == "__main__":
    main()
