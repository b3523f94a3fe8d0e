"""A small cohort with a split by patient, entries that need no training, and a folder of real runs on it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from bleedkit_test_layouts.surgblood import write_surgblood

from bleedkit.benchmarks.entries.entry import Entry
from bleedkit.benchmarks.runs.one_run import Registries, run_one
from bleedkit.benchmarks.runs.run_plan import RunJob
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.registry import DATASETS
from bleedkit.datasets.split import save_split
from bleedkit.datasets.split_build import build_split
from bleedkit.models.point_tracker import PointTracks

MOVES = (1.0, 2.0)


@dataclass
class Drifting:
    """A tracker that moves the point by `by` pixels a frame, and says which clips it was asked about."""

    by: float
    asked: list
    before_clip: object = None
    causal = True

    def encode(self, _frame):
        return None

    def track(self, encoded, start):
        if self.before_clip is not None:
            self.before_clip(len(self.asked))
        self.asked.append(len(encoded))
        steps = np.arange(len(encoded), dtype=np.float32)[:, None, None]
        xy = (start[None] + self.by * steps).astype(np.float32)
        return PointTracks(xy, np.zeros(xy.shape[:2], np.float32), np.zeros(xy.shape[:2], bool))


def drifting(name="drifting", by=1.0, before_clip=None):
    """(registries with one entry of that name, the list of clips it was asked about)."""
    asked = []
    entry = Entry(name, "Drifting", "a test", ("track",), lambda _setup, _task: Drifting(by, asked, before_clip))
    return Registries(entries={name: entry}), asked


@pytest.fixture(name="drifting")
def _drifting():
    return drifting


@pytest.fixture(scope="session")
def cohort(tmp_path_factory):
    """Six patients with two clips of 8 frames each, 64x48, a region and a point on every frame; split `main` is 3:3."""
    folder = tmp_path_factory.mktemp("runs")
    write_surgblood(folder / "src", patients=6, frames=8)
    made = build_cohort(DATASETS["surgblood"], folder / "src", folder / "cohort").cohort
    save_split(made, build_split(made, name="main", ratio=(1, 0, 1)))
    return made


@pytest.fixture
def track_job(cohort):
    return RunJob("track", "drifting", 0, cohort.folder, "main")


@pytest.fixture(scope="session")
def _runs(cohort, tmp_path_factory):
    out = tmp_path_factory.mktemp("finished")
    for protocol, model in (("region-point", "red_centroid"), ("track", "hold_still"), ("track", "lucas_kanade")):
        run_one(RunJob(protocol, model, 0, cohort.folder, "main"), out)
    return out


@pytest.fixture
def runs(_runs, tmp_path) -> Path:
    """A copy, to be spoilt, of a folder with three finished runs of the real models."""
    return Path(shutil.copytree(_runs, tmp_path / "runs"))
