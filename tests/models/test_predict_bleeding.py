"""The three models in a row, each a stand-in whose answer is known."""

import math

import numpy as np
import pytest
import torch

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import ImageSize
from bleedkit.models.onset_model import OnsetWindows
from bleedkit.models.point_tracker import PointTracks
from bleedkit.models.predict_bleeding import predict_bleeding
from bleedkit.models.source_model import Source
from bleedkit.models.weights import mark_loaded

PICTURE = ImageSize(16, 16)
SIZE = (40, 80)
LOGIT = 2.0
SURE = 1 / (1 + math.exp(-LOGIT))


class OnsetAt:
    """Windows of 3 frames; the one that begins at `start` says: at `position`. None: no window says anything."""

    window = 3

    def __init__(self, start, position=0.5):
        self.said, self.position = start, position
        mark_loaded(self, "0a")

    def start(self):
        return 0

    def step(self, _frame, state):
        logit = LOGIT if state - 2 == self.said else -LOGIT
        window = OnsetWindows(torch.tensor([self.position]), torch.tensor([logit])) if state >= 2 else None
        return window, state + 1


class SourceAt:
    """Always at a quarter of the width and half of the height; remembers how bright its pictures were."""

    def __init__(self):
        self.looked_at = []
        mark_loaded(self, "0b")

    def __call__(self, picture):
        self.looked_at.append(round(float(picture.mean()) * 255))
        return Source(torch.zeros(1, 1, 4, 4), torch.tensor([[0.25, 0.5]]))


class Mover:
    """One pixel to the right a frame, hidden in frames of brightness `blind`; remembers which frames each run had."""

    causal = True

    def __init__(self, blind=()):
        self.blind, self.runs = blind, []

    def encode(self, frame):
        return int(frame[0, 0, 0])

    def track(self, encoded, start):
        self.runs.append(list(encoded))
        steps = np.arange(len(encoded), dtype=np.float32)
        xy = start[None] + np.stack([steps, 0 * steps], axis=1)[:, None]
        hidden = np.array([[view in self.blind] for view in encoded])
        return PointTracks(xy.astype(np.float32), np.zeros(hidden.shape, np.float32), hidden)


def frames(count, first=0):
    return lambda: ((first + t, np.full((*SIZE, 3), t, np.uint8)) for t in range(count))


def predict(onset, count, *, first=0, source=None, tracker=None, **more):
    return predict_bleeding(
        onset, source or SourceAt(), tracker or Mover(), frames(count, first),
        onset_picture=PICTURE, source_picture=PICTURE, **more,
    )  # fmt: skip


def test_the_source_is_looked_for_in_the_onset_frame_and_followed_from_there():
    source, tracker = SourceAt(), Mover(blind=(6,))
    said = predict(OnsetAt(3), 8, first=100, source=source, tracker=tracker)  # 3 + floor(0.5 * 3) = 4
    assert (said.first_frame, said.onset) == (100, 104)
    assert source.looked_at == [4]
    assert np.isnan(said.points[:4]).all()
    assert said.points[4:].tolist() == [[20, 20], [21, 20], [22, 20], [23, 20]]  # 80 / 4, 40 / 2
    assert said.present.tolist() == [False] * 4 + [True, True, False, True]
    np.testing.assert_allclose(said.confidence, [0] * 4 + [SURE, SURE, 0, SURE], rtol=1e-6)
    assert said.onset_confidence == pytest.approx(SURE)
    assert said.masks is None


def test_the_trackers_memory_begins_anew_where_it_is():
    tracker = Mover()
    said = predict(OnsetAt(0), 8, tracker=tracker, refresh=3)
    assert tracker.runs == [[1, 2, 3, 4], [4, 5, 6, 7]]
    assert said.points[1:, 0].tolist() == [20, 21, 22, 23, 24, 25, 26]


def test_where_nothing_bleeds_nothing_is_looked_for():
    source, tracker = SourceAt(), Mover()
    said = predict(OnsetAt(None), 5, source=source, tracker=tracker)
    assert said.onset is None
    assert not said.present.any()
    assert not said.confidence.any()
    assert np.isnan(said.points).all()
    assert said.points.shape == (5, 2)
    assert (source.looked_at, tracker.runs) == ([], [])


def test_an_onset_in_the_last_frame_has_one_point():
    said = predict(OnsetAt(1, 0.9), 4)  # 1 + floor(0.9 * 3)
    assert said.onset == 3
    assert said.points[3].tolist() == [20, 20]
    assert said.present.tolist() == [False, False, False, True]


def test_misuse_and_random_weights_are_told():
    with pytest.raises(ValueError, match="at least 1 frame"):
        predict(OnsetAt(0), 4, refresh=0)
    with pytest.raises(ValueError, match="at least one frame"):
        predict(OnsetAt(0), 0)
    random = SourceAt()
    del random.bleedkit_weights_digest
    for onset in (0, None):
        with pytest.raises(BleedkitError, match="SourceAt are random"):
            predict(OnsetAt(onset), 4, source=random)
    assert predict(OnsetAt(0), 4, source=random, allow_random=True).onset == 1
