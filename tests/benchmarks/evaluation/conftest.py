"""A small cohort whose labels are known to the last digit, and predictors that know the answer or a wrong one."""

from dataclasses import dataclass

import numpy as np
import pytest
from bleedkit_test_layouts.pictures import SIZE
from bleedkit_test_layouts.surgblood import write_surgblood

from bleedkit.benchmarks.evaluation.clip_truth import NEVER, ClipTruth
from bleedkit.benchmarks.evaluation.predictors import SourceFound
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.phantom.generate import PhantomSettings, generate_phantom
from bleedkit.datasets.registry import DATASETS
from bleedkit.datasets.schema import OnsetLabel
from bleedkit.datasets.split import save_split
from bleedkit.datasets.split_build import build_split
from bleedkit.models.clip_prediction import ClipPrediction
from bleedkit.models.point_tracker import PointTracks
from bleedkit.models.predict import FramePrediction, Onset

ONSET = 1


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """(cohort, what was written): three patients with two clips of 10 frames, 64x48.

    In every clip frames 3, 4, 5, 8 and 9 show no source; a person says that each bleeds from frame 1 on.
    """
    folder = tmp_path_factory.mktemp("surgblood")
    written = write_surgblood(folder / "src", frames=10)
    cohort = build_cohort(DATASETS["surgblood"], folder / "src", folder / "cohort").cohort
    cohort.append(onsets=[OnsetLabel(clip_id=clip_id, frame=ONSET, annotator="kim") for clip_id in cohort.clips])
    save_split(cohort, build_split(cohort, name="main", ratio=(2, 0, 1)))
    return cohort, written


@pytest.fixture(scope="session")
def phantom(tmp_path_factory):
    """Two simulated clips of two patients, 80x64, 46 frames, two annotators who label frames 15 and 45."""
    settings = PhantomSettings(preset="demo", clips=2, patients=2, scale=0.25)
    return generate_phantom(tmp_path_factory.mktemp("phantom") / "cohort", settings, workers=1)


@dataclass
class Oracle:
    """Answers every task with the truth of one clip; where there is none, with nothing."""

    truth: ClipTruth
    decoded: int = 0

    def frames(self, frames):
        for number, _rgb in frames:
            self.decoded += 1
            place = self.truth.points.get(number)
            region = self.truth.regions.get(number, lambda: np.zeros(SIZE[::-1], bool))
            point = np.array(place or (np.nan, np.nan), np.float32)
            yield FramePrediction(number, point, place is not None, float(place is not None), region())

    def onset(self, frames):
        self.decoded = sum(1 for _ in frames)
        return Onset(None, 1.0) if self.truth.onset == NEVER else Onset(self.truth.onset, 1.0)

    def source(self, rgb):
        assert rgb.shape == (SIZE[1], SIZE[0], 3)
        return SourceFound(np.array(self.truth.points[self.truth.onset], np.float32), 1.0)

    def bleeding(self, frames):
        numbers = [number for number, _ in frames()]
        places = [self.truth.points.get(n) if n >= self.truth.onset else None for n in numbers]
        points = np.array([place or (np.nan, np.nan) for place in places], np.float32)
        present = ~np.isnan(points[:, 0])
        return ClipPrediction(0, points, present, present.astype(np.float32), onset=self.truth.onset)


class OracleTracker:
    """Encodes a frame as its number, counted by itself, and knows where the source is in each."""

    causal = True

    def __init__(self, truth: ClipTruth, first: int):
        self._truth, self._next = truth, first

    def encode(self, frame):  # noqa: ARG002 - as PointTracker has it
        self._next += 1
        return self._next - 1

    def track(self, encoded, start):  # noqa: ARG002 - as PointTracker has it
        places = [self._truth.points.get(number) for number in encoded]
        xy = np.array([place or (0, 0) for place in places], np.float32)[:, None]
        hidden = np.array([[place is None] for place in places])
        return PointTracks(xy, np.zeros(hidden.shape, np.float32), hidden)
