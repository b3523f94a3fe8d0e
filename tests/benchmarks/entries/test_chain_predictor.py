"""Three parts in a row, each of which does what it is told."""

import numpy as np
from torch import nn

from bleedkit.benchmarks.entries.chain_predictor import Chain
from bleedkit.benchmarks.evaluation.predictors import SourceFound
from bleedkit.models.hold_still import HoldStill
from bleedkit.models.predict import Onset


class OnsetAt:
    def __init__(self, frame):
        self.frame, self.module = frame, nn.Linear(2, 1)

    def onset(self, frames):
        assert [number for number, _ in frames] == list(range(6))
        return Onset(self.frame, 0.75)


class SourceAt:
    def __init__(self):
        self.asked = []

    def source(self, rgb):
        self.asked.append(int(rgb[0, 0, 0]))
        return SourceFound(np.array([5, 7], np.float32), 0.5)


def clip():
    """Six frames; frame t is t all over."""
    return ((t, np.full((20, 30, 3), t, np.uint8)) for t in range(6))


def test_the_source_is_looked_for_in_the_onset_frame_and_held_from_there():
    source = SourceAt()
    said = Chain(OnsetAt(2), source, HoldStill()).bleeding(clip)
    assert source.asked == [2]
    assert (said.first_frame, said.onset, said.onset_confidence) == (0, 2, 0.75)
    assert np.isnan(said.points[:2]).all()
    np.testing.assert_array_equal(said.points[2:], [[5, 7]] * 4)
    np.testing.assert_array_equal(said.present, [False, False, True, True, True, True])
    np.testing.assert_array_equal(said.confidence, [0, 0, 0.75, 0.75, 0.75, 0.75])


def test_without_an_onset_nothing_is_looked_for():
    source = SourceAt()
    said = Chain(OnsetAt(None), source, HoldStill()).bleeding(clip)
    assert source.asked == []
    assert said.onset is None
    assert np.isnan(said.points).all()


def test_its_networks_are_those_of_its_parts():
    chain = Chain(OnsetAt(2), SourceAt(), HoldStill())
    assert sum(parameter.numel() for parameter in chain.module.parameters()) == 3
    bare = OnsetAt(2)
    bare.module = None
    assert Chain(bare, SourceAt(), HoldStill()).module is None
