"""Finished runs of made-up models on made-up patients, as reading a folder of runs gives them."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa

from bleedkit.benchmarks.evaluation.samples import samples
from bleedkit.benchmarks.predictions.mask_code import encode_mask
from bleedkit.benchmarks.predictions.schemas import SCHEMAS
from bleedkit.benchmarks.protocols.registry import PROTOCOLS
from bleedkit.benchmarks.runs.record import Efficiency, RunKey, RunRecord
from bleedkit.benchmarks.runs.run_folder import SAMPLES, GoodRun

WIDTH, HEIGHT = 320, 240
SITES = ("stomach", "rectum")
SCENARIOS = (("water flushing",), ("camera jitter", "smoke"), ())


@dataclass(frozen=True)
class Made:
    """error: standard deviation of a model's points in pixels, of its onsets in frames; bias: of all its points."""

    name: str
    error: float = 6.0
    bias: float = 0.0
    leaky: bool = False
    silent: bool = False
    efficiency: Efficiency = field(default_factory=Efficiency)


@dataclass(frozen=True)
class Runs:
    """Makes runs below `folder`: `patients` of three clips of `frames` labelled frames."""

    folder: Path
    patients: int = 8
    frames: int = 6

    def __call__(
        self, protocol: str, model: Made, seed: int = 0, cohort: str = "toy", pictures: bool = False
    ) -> GoodRun:
        table = _TABLES[PROTOCOLS[protocol].task](self, model, np.random.default_rng(_number(model.name, seed)))
        key = RunKey(protocol, cohort, "main", 0, model.name, seed)
        folder = self.folder / key.folder
        if pictures:
            for sample in samples(PROTOCOLS[protocol].task, table):
                write_picture(folder / SAMPLES / sample.file, _number(sample.clip_id))
        return GoodRun(folder, record(key, model), table)

    def clips(self):
        """What rows say of their clips, and each clip's own random numbers, the same for every model."""
        for patient in range(self.patients):
            for clip in range(3):
                number = patient * 3 + clip
                yield (
                    {
                        "clip_id": f"clip{number:02}",
                        "patient_id": f"patient{patient:02}",
                        "site": SITES[patient % 2],
                        "scenarios": list(SCENARIOS[number % 3]),
                        "fps": 30.0,
                        "width": WIDTH,
                        "height": HEIGHT,
                        "n_frames": self.frames * 10,
                    },
                    np.random.default_rng(number),
                )


def record(key, model):
    return RunRecord(
        key=key,
        protocol_version=PROTOCOLS[key.protocol].version,
        state="done",
        leaky=model.leaky,
        settings={"size": "tiny", "rate": 1.0},
        weights={"backbone": "random"} if key.seed else {"backbone": "ab" * 32},
        data={"cohort": "c" * 64, "split": "d" * 64},
        command=("bleedkit", "bench", "run", key.model, "--seed", str(key.seed)),
        code_version="1.2.3",
        hardware={"device": "cpu", "machine": "x86_64", "processors": 2},
        started_utc="2026-01-01T00:00:00Z",
        ended_utc="2026-01-01T00:01:00Z",
        train_s=3700.0,
        evaluate_s=12.5,
        efficiency=model.efficiency,
        predictions_digest=hashlib.sha256(str(key).encode()).hexdigest(),
        truth_digest="feed" * 16,
    )


def write_picture(path: Path, number: int) -> None:
    """A pink field with a dark blob."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.full((HEIGHT, WIDTH, 3), (140, 130, 200), np.uint8)
    cv2.circle(picture, (60 + 7 * (number % 25), 60 + 5 * (number % 20)), 45, (30, 20, 120), -1)
    cv2.imwrite(str(path), picture)


def _number(*parts) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "little")


def _points(runs, model, rng):
    rows = []
    for clip, truth in runs.clips():
        xy = truth.uniform((60, 60), (WIDTH - 60, HEIGHT - 60))
        hard = truth.uniform(0.3, 2.5)
        for frame in range(runs.frames):
            xy = xy + truth.normal(0, 2, 2)
            found = xy + rng.normal(0, model.error * hard, 2) + model.bias
            rows.append(clip | {
                "frame": frame * 10, "x": found[0], "y": found[1], "visible": True,
                "confidence": float(np.clip(rng.uniform(0.3, 1.0) / hard, 0, 1)), "true_x": xy[0], "true_y": xy[1],
                "true_visible": True, "is_query": frame == 0,
            })  # fmt: skip
            if model.silent:
                rows[-1].update(x=None, y=None, visible=False)
    return rows


def _track(runs, model, rng):
    return pa.Table.from_pylist(_points(runs, model, rng), schema=SCHEMAS["track"])


def _deploy(runs, model, rng):
    rows = [row | {"onset": 3, "true_onset": 2} for row in _points(runs, model, rng)]
    return pa.Table.from_pylist(rows, schema=SCHEMAS["deploy"])


def _onset(runs, model, rng):
    rows = []
    for clip, truth in runs.clips():
        true = int(truth.integers(10, 30))
        found = None if model.silent else int(max(0, true + round(rng.normal(model.bias, model.error))))
        rows.append(clip | {"frame": 0, "onset": found, "confidence": float(rng.uniform(0.3, 1)), "true_onset": true})
    return pa.Table.from_pylist(rows, schema=SCHEMAS["onset"])


def _region_point(runs, model, rng):
    rows = []
    for row in _points(runs, model, rng):
        true = _disc(row["true_x"], row["true_y"], 30)
        mask = None if model.silent else encode_mask(_disc(row["x"], row["y"], 30 + rng.normal(0, 3)))
        told = {name: value for name, value in row.items() if name not in ("visible", "is_query")}
        rows.append(told | {"mask": mask, "true_mask": encode_mask(true)})
    return pa.Table.from_pylist(rows, schema=SCHEMAS["region-point"])


def _disc(x, y, radius):
    right, down = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    return np.hypot(right - x, down - y) < radius


_TABLES = {"track": _track, "source": _track, "deploy": _deploy, "onset": _onset, "region-point": _region_point}
