"""Runs and their loss; the network is a stand-in that says where it was told to look, so that no picture is encoded."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bleedkit.benchmarks.training.batches import stacked
from bleedkit.benchmarks.training.cached_clips import CachedClip
from bleedkit.benchmarks.training.clip_labels import ClipLabels
from bleedkit.benchmarks.training.track_task import TrackRuns, TrackTask
from bleedkit.datasets.schema import ImageSize
from bleedkit.models.track_on.network import PointState, Prediction


@pytest.fixture
def clip(tmp_path):
    """70 frames; people label 5, 35 and 65 (hidden in 65), pseudo-labels lie on 6..34 but for 10."""
    np.save(tmp_path / "c.npy", np.broadcast_to(np.arange(70, dtype=np.uint8)[:, None, None, None], (70, 4, 4, 3)))
    human, visible = np.zeros(70, bool), np.zeros(70, bool)
    human[[5, 35, 65]] = True
    visible[5:36] = True
    visible[10] = False
    point = np.stack([np.linspace(0, 0.69, 70), np.full(70, 0.5)], 1).astype(np.float32)
    labels = ClipLabels(point, visible, visible | human, human, np.zeros(70, bool), None)
    size = ImageSize(4, 4)
    return CachedClip("c", "p", 30.0, size, size, tmp_path / "c.npy", tmp_path / "n.npy", labels, np.ones(70, bool))


class Network(torch.nn.Module):
    """Always finds the point `off` pixels right of where it was asked for."""

    changes = None

    def __init__(self):
        super().__init__()
        self.off = torch.nn.Parameter(torch.tensor(2.0))
        self.encoded = []
        self.track_on = SimpleNamespace(encode=lambda frame: self.encoded.append(frame) or frame)

    def cued(self, seen, _frame):
        return seen

    def start(self, _frame, xy, memory):
        none = torch.zeros(*xy.shape[:2], 0)
        return PointState(memory, xy, none, none, none.bool(), none.bool(), torch.ones(xy.shape[:2], dtype=torch.bool))

    def step(self, _frame, state):
        found = state.descriptor + torch.stack([self.off, self.off * 0])
        return Prediction(found, found[..., 0], found[..., 0]), state


def adapters(encoder=False):
    after = []
    return SimpleNamespace(
        network=Network(),
        settings=SimpleNamespace(encoder=encoder),
        regularisation=lambda: torch.tensor(0.25),
        after_step=after.append,
        importance=lambda: {"a": torch.ones(1)},
        restore_importance=after.append,
        called=after,
    )


def test_a_run_goes_from_label_to_label_with_whose_each_is(clip):
    items = TrackRuns.of([clip], training="short")
    run = items.item(0, 0)
    assert run.frames[:, 0, 0, 0].tolist() == list(range(5, 36))
    assert np.flatnonzero(run.human).tolist() == [30], "the first place is given, the last is to be found"
    assert np.flatnonzero(run.pseudo).tolist() == [at for at in range(1, 30) if at != 5]
    np.testing.assert_allclose(run.point[30], [0.35 * 512, 0.5 * 384], rtol=1e-5)
    assert run.key.tolist() == [0, 5, 36]
    with pytest.raises(ValueError, match="labels for a long run"):
        TrackRuns.of([clip], training="long")


def test_the_loss_is_eq_8_by_hand(clip):
    own = adapters()
    task = TrackTask(own, TrackRuns.of([clip], training="short"))
    losses = task.losses(stacked([task.items().item(0, 0)]), task.phases[0])
    # Per frame the truth moves by 0.01 * 512 = 5.12 px, the answer stands 2 px right of the start; Huber of d > 1 is
    # d - 0.5, meant over x and y, of which y is right.
    away = {at: abs(5.12 * at - 2) - 0.5 for at in range(1, 31)}
    pseudo = np.mean([away[at] for at in range(1, 30) if at != 5])
    assert float(losses["track"].detach()) == pytest.approx(0.6 * away[30] / 2 + 0.4 * pseudo / 2, rel=1e-3)
    assert float(losses["orthogonal"]) == 0.25
    losses["track"].backward()
    assert own.network.off.grad is not None


def test_frames_are_encoded_once_where_they_are_kept(clip):
    batch = stacked([TrackRuns.of([clip], training="short").item(0, 0)])
    for kept, times in ((0, 2), (1, 1)):
        own = adapters()
        task = TrackTask(own, TrackRuns.of([clip], training="short"), kept=kept)
        task.follow(batch)
        task.follow(batch)
        assert len(own.network.encoded) == 31 * times
    with pytest.raises(ValueError, match="cannot be kept"):
        TrackTask(adapters(encoder=True), TrackRuns.of([clip], training="short"), kept=1)


def test_adalora_is_told_of_steps_and_remembered(clip):
    own = adapters()
    task = TrackTask(own, TrackRuns.of([clip], training="short"))
    task.after_step(7)
    task.restore(task.state())
    assert own.called == [7, {"a": torch.ones(1)}]
