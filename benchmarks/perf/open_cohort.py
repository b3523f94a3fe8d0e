"""Seconds to open, list and stream a cohort of 106,222 frames, beside pandas reading the same tables: run as a module.

    python -m bleedkit.benchmarks.perf.open_cohort

Writes BleedOrigin-Bench's counts (485 clips of 44 patients, a point every 30 frames) without images into a temporary
folder. Every figure is the best of five in one process, files in the page cache; imports do not count.
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ...datasets.cohort import Cohort, CohortMeta, write_tables
from ...datasets.schema import Clip, ImageSize, PointLabel
from ...datasets.tables import SCHEMAS, table_of
from ...datasets.transaction import locked, transaction

CLIPS, PATIENTS, FRAMES, FPS = 485, 44, 106_222, 30


def main() -> None:
    """Print one JSON document of seconds."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "cohort"
        _write(folder)
        last = f"clip{CLIPS - 1:03d}"
        figures = {
            "open and list clips": _best(lambda: list(Cohort(folder).clips)),
            "frames of one clip": _best(lambda: Cohort(folder).frames(last)),
            "stream every clip with frames and points": _best(lambda: [len(v.frames) for v in Cohort(folder).stream()]),
            "pandas: read clips": _best(lambda: pd.read_parquet(folder / "clips.parquet")),
            "pandas: read frames": _best(lambda: pd.read_parquet(folder / "frames.parquet")),
            "pandas: frames of one clip": _best(
                lambda: pd.read_parquet(folder / "frames.parquet", filters=[("clip_id", "==", last)])
            ),
        }
        print(
            json.dumps({"frames": FRAMES, **{name: round(seconds, 4) for name, seconds in figures.items()}}, indent=2)
        )


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _write(folder: Path) -> None:
    lengths = np.full(CLIPS, FRAMES // CLIPS)
    lengths[: FRAMES - lengths.sum()] += 1
    clips = [
        Clip(f"clip{k:03d}", f"p{k % PATIENTS:02d}", f"p{k % PATIENTS:02d}", FPS, ImageSize(1240, 1080), int(n))
        for k, n in enumerate(lengths)
    ]
    names = np.repeat([clip.clip_id for clip in clips], lengths)
    frame = np.concatenate([np.arange(n, dtype=np.int32) for n in lengths])
    paths = [f"{name}/{number:06d}.jpg" for name, number in zip(names, frame, strict=True)]
    digests = [f"{number:064x}" for number in range(FRAMES)]
    tables = {
        "clips": table_of("clips", clips),
        "frames": pa.table(
            [names, frame, paths, frame / FPS, digests, np.ones(FRAMES, bool)], schema=SCHEMAS["frames"]
        ),
        "points": table_of(
            "points",
            [PointLabel(clip_id=c.clip_id, frame=f, x=600.5, y=500.5) for c in clips for f in range(0, c.n_frames, 30)],
        ),
    }
    with locked(folder), transaction(folder) as staging:
        write_tables(staging, CohortMeta("speed", "none", "1", "none", "none", "1", "0", "."), tables)


if __name__ == "__main__":
    main()
