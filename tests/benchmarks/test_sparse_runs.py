"""Which frames a run keeps, whose labels they bear, and the error of a tracker that never moves."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bleedkit.benchmarks.sparse_runs import SparseRuns, track_errors
from bleedkit.benchmarks.training.cached_clips import CachedClip
from bleedkit.benchmarks.training.clip_labels import ClipLabels
from bleedkit.datasets.schema import ImageSize
from bleedkit.models.track_on.network import PointState, Prediction


@pytest.fixture
def clip(tmp_path):
    """70 frames; people label 5, 35 and 65, pseudo-labels lie on 6..34 but for 15; x goes 0.01 of the width a frame."""
    np.save(tmp_path / "c.npy", np.broadcast_to(np.arange(70, dtype=np.uint8)[:, None, None, None], (70, 4, 4, 3)))
    human, visible = np.zeros(70, bool), np.zeros(70, bool)
    human[[5, 35, 65]] = True
    visible[5:36] = visible[65] = True
    visible[15] = False
    point = np.stack([np.linspace(0, 0.69, 70), np.full(70, 0.5)], 1).astype(np.float32)
    labels = ClipLabels(point, visible, visible | human, human, np.zeros(70, bool), None)
    size = ImageSize(4, 4)
    return CachedClip("c", "p", 30.0, size, size, tmp_path / "c.npy", tmp_path / "n.npy", labels, np.ones(70, bool))


def test_a_run_keeps_its_labels_and_two_frames_between(clip):
    items = SparseRuns.of([clip], pseudo=True)
    assert len(items) == 2
    first, second = items.item(0, 0), items.item(3, 1)
    assert first.frames[:, 0, 0, 0].tolist() == [5, 15, 25, 35]
    assert second.frames[:, 0, 0, 0].tolist() == [35, 45, 55, 65]
    assert first.human.tolist() == second.human.tolist() == [False, False, False, True]
    assert first.pseudo.tolist() == [False, False, True, False], "nobody saw it in frame 15"
    np.testing.assert_allclose(first.point[2], [0.25 * 512, 0.5 * 384], rtol=1e-5)
    assert not SparseRuns.of([clip], pseudo=False).item(0, 0).pseudo.any()


def test_labels_too_far_apart_are_told(clip):
    clip.labels.human[35] = False
    with pytest.raises(ValueError, match="two people's labels a second apart"):
        SparseRuns.of([clip], pseudo=True)


def test_a_tracker_that_never_moves_errs_by_what_the_source_moves(clip):
    def start(_frame, xy, memory):
        none = torch.zeros(*xy.shape[:2], 0)
        return PointState(memory, xy, none, none, none.bool(), none.bool(), torch.ones(xy.shape[:2], dtype=torch.bool))

    def step(_frame, state):
        return Prediction(state.descriptor, state.descriptor[..., 0], state.descriptor[..., 0]), state

    network = SimpleNamespace(eval=lambda: None, encode=lambda frame: frame, start=start, step=step)
    errors, still = track_errors(network, SparseRuns.of([clip], pseudo=False))
    np.testing.assert_allclose(still, 0.3 * 512, rtol=1e-4)
    np.testing.assert_array_equal(errors, still)
