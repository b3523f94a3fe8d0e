"""How fast the phantom renders: frames per second of one core, with all truth, at the sizes of the source datasets.

Run: python -m bleedkit.benchmarks.perf.phantom_speed [--frames 60] [--device cpu]
CPU seconds are the process's own, so that a busy machine does not count; setup (anatomy and texture) is told apart.
"""

import argparse
import json
import resource
import time
from typing import Final

import torch

from ...datasets.phantom.config import PatientLook, PhantomClip
from ...datasets.phantom.render import render_clip
from ...datasets.schema import ImageSize

_CASES: Final[dict[str, tuple[ImageSize, str, float, dict[str, float]]]] = {
    "640x512 endoscopic, 30 fps": (ImageSize(640, 512), "gastric body", 30.0, {}),
    "640x512 laparoscopic, 30 fps": (ImageSize(640, 512), "vessel", 30.0, {}),
    "640x512 laparoscopic, smoke, instruments, jitter": (
        ImageSize(640, 512),
        "vessel",
        30.0,
        {"smoke": 1.0, "instrument interference": 1.0, "camera jitter": 1.0},
    ),
    "1280x720 laparoscopic, 2 fps": (ImageSize(1280, 720), "gallbladder bed", 2.0, {}),
}


def measure(name: str, frames: int, device: str) -> dict[str, object]:
    """Frames per CPU second and per wall second after the first frame, and what comes before it in CPU seconds."""
    size, site, fps, scenarios = _CASES[name]
    clip = PhantomClip(1, size, frames + 1, fps, PatientLook.of(1, site), site, frames // 4, scenarios=scenarios)
    start_cpu = time.process_time()
    stream = render_clip(clip, device)
    next(stream)
    setup = time.process_time() - start_cpu
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in stream:
        pass
    if device != "cpu":
        torch.cuda.synchronize()
    return {
        "case": name,
        "setup_cpu_s": round(setup, 2),
        "fps_per_cpu_s": round(frames / (time.process_time() - cpu), 1),
        "fps_wall": round(frames / (time.perf_counter() - wall), 1),
    }


def main() -> None:
    """Measure every case and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measure(name, options.frames, options.device) for name in _CASES]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"device": options.device, "rows": rows, "peak_memory_mb": round(peak)}, indent=2))


if __name__ == "__main__":
    main()
