"""Seconds to split and to audit a cohort of 106,222 frames of 44 patients from stored hashes: run as a module.

    python -m bleedkit.benchmarks.perf.split_audit_speed

Writes a cohort of random thumbnails that change slowly through a clip, without images, into a temporary folder.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from ...datasets.cohort import Cohort, CohortMeta, write_tables
from ...datasets.perceptual_hash import VIEWS
from ...datasets.schema import PointLabel
from ...datasets.split_audit import audit_split
from ...datasets.split_build import build_split
from ...datasets.tables import SCHEMAS, table_of
from ...datasets.transaction import locked, transaction
from ..split_quality import draw


def main() -> None:
    """Print one JSON document of seconds and megabytes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cohort = _cohort(Path(folder) / "cohort")
        figures: dict[str, float] = {"frames": cohort.meta.counts["frames"]}
        start = time.perf_counter()
        split = build_split(cohort, name="main")
        figures["split s"] = round(time.perf_counter() - start, 1)
        start, cpu = time.perf_counter(), time.process_time()
        audit = audit_split(cohort, split)
        figures["audit s"] = round(time.perf_counter() - start, 1)
        figures["audit CPU s"] = round(time.process_time() - cpu, 1)
        figures["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps({**figures, "report": split.report, "calibration": audit.calibration}, indent=2))


def _cohort(folder: Path) -> Cohort:
    rows = draw(0)
    rng = np.random.default_rng(0)
    clip = np.repeat([row.clip.clip_id for row in rows], [row.frames for row in rows])
    frame = np.concatenate([np.arange(row.frames, dtype=np.int32) for row in rows])
    points = [PointLabel(clip_id=row.clip.clip_id, frame=f, x=0.5, y=0.5) for row in rows for f in range(row.positive)]
    empty = np.full(len(clip), "")
    tables = {
        "clips": table_of("clips", [row.clip for row in rows]),
        "frames": pa.table([clip, frame, empty, frame / 30, empty, np.ones(len(clip), bool)], schema=SCHEMAS["frames"]),
        "points": table_of("points", points),
        "hashes": pa.table(
            [
                np.repeat(clip, len(VIEWS)),
                np.repeat(frame, len(VIEWS)),
                np.tile(VIEWS, len(clip)),
                np.concatenate([_thumbnails(rng, row.frames) for row in rows]),
            ],
            schema=SCHEMAS["hashes"],
        ),
    }
    meta = CohortMeta("speed", "random", "1", "none", "none", "1", "0", ".")
    with locked(folder), transaction(folder) as staging:
        write_tables(staging, meta, tables)
    return Cohort(folder)


def _thumbnails(rng: np.random.Generator, frames: int) -> np.ndarray:
    """(frames * 16,) uint64: smooth random thumbnails that turn into another every 30 frames."""
    keys = rng.normal(0, 1, (frames // 30 + 2, 4, 4))
    at = np.arange(frames) / 30
    low, share = at.astype(int), (at % 1)[:, None, None]
    grid = keys[low] * (1 - share) + keys[low + 1] * share
    weight = np.maximum(0, 1 - np.abs(np.linspace(0, 3, 16)[:, None] - np.arange(4)))
    smooth = weight @ grid @ weight.T
    levels = np.clip(8 + 4 * smooth, 0, 15).astype(np.uint64)
    return (levels << np.arange(0, 64, 4, dtype=np.uint64)).sum(axis=2, dtype=np.uint64).ravel()


if __name__ == "__main__":
    main()
