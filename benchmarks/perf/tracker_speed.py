"""What a frame costs each tracker that needs no weights, beside plain OpenCV Lucas-Kanade, on one core.

Run: python -m bleedkit.benchmarks.perf.tracker_speed [--frames 31]
One segment: every frame encoded once, then a target with the corners round it followed forward and backward. CPU
milliseconds a frame, the least of three rounds; `times lucas_kanade` is the ratio to the row of that name.
"""

import argparse
import json
import time
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from ...datasets import moving_texture
from ...models.corner_detector import CornerDetector
from ...models.stage import CPU
from ...models.trackers import TRACKERS

_SIZES: Final = ((480, 360), (1240, 1080))
_PEER: Final = "lucas_kanade"


def measure(name: str, images: Sequence[np.ndarray], points: np.ndarray) -> dict[str, float]:
    """CPU milliseconds a frame: encoding, and following both ways."""
    tracker = TRACKERS[name].build(CPU)
    rounds = []
    for _ in range(3):
        begin = time.process_time()
        views = [tracker.encode(image) for image in images]
        encoded = time.process_time()
        tracker.track(views, points)
        tracker.track(views[::-1], points)
        rounds.append((time.process_time() - begin, encoded - begin))
    whole, encoding = (1e3 * seconds / len(images) for seconds in min(rounds))
    return {"encode_ms": round(encoding, 2), "track_both_ways_ms": round(whole - encoding, 2), "ms": round(whole, 2)}


def main() -> None:
    """Measure every tracker at two sizes and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=31)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    clip, truth = moving_texture.render(options.frames, np.random.default_rng(0))
    table: dict[str, dict[str, dict[str, float]]] = {}
    for width, height in _SIZES:
        images = [cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC) for image in clip]
        start = truth.xy[0, :1] * np.array([width, height], np.float32) / clip[0].shape[1::-1]
        corners = CornerDetector().detect(cv2.cvtColor(images[0], cv2.COLOR_RGB2GRAY), start[0])
        points = np.vstack([start, corners]).astype(np.float32)
        names = [name for name, stage in TRACKERS.items() if not stage.weights]
        rows = {name: measure(name, images, points) for name in names}
        for row in rows.values():
            row["times " + _PEER] = round(row["ms"] / rows[_PEER]["ms"], 2)
        table[f"{width}x{height}, {len(points)} points"] = rows
    print(json.dumps({"frames": options.frames, "sizes": table}, indent=2))


if __name__ == "__main__":
    main()
