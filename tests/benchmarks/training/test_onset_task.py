import numpy as np
import pytest
import torch

from bleedkit.benchmarks.training.batches import stacked
from bleedkit.benchmarks.training.cached_clips import CachedClip
from bleedkit.benchmarks.training.clip_labels import ClipLabels
from bleedkit.benchmarks.training.onset_task import OnsetClips, OnsetTask
from bleedkit.datasets.schema import ImageSize
from bleedkit.models.bleedorigin.onset_decode import decode_onset
from bleedkit.models.bleedorigin.onset_network import OnsetNetwork


def made(folder, frames=200, onset=120, name="c"):
    """A clip whose frame t is t all over."""
    numbers = np.broadcast_to(np.arange(frames, dtype=np.uint8)[:, None, None, None], (frames, 16, 16, 3))
    np.save(folder / f"{name}.npy", numbers)
    none = np.zeros(frames, bool)
    labels = ClipLabels(np.zeros((frames, 2), np.float32), none, none, none, none, onset)
    size = ImageSize(16, 16)
    return CachedClip(name, "p", 30.0, size, size, folder / f"{name}.npy", folder / "none.npy", labels, ~none)


def test_a_clip_is_cut_round_its_onset_and_skipped_into_anew_every_epoch(tmp_path):
    items = OnsetClips.of([made(tmp_path, onset=130)], window=60)
    firsts = set()
    for epoch in range(30):
        item = items.item(epoch, 0)
        numbers = item.frames[:, 0, 0, 0].tolist()
        assert numbers[-1] == 159, "30 frames from the onset on"
        assert numbers[int(item.onset)] == 130
        assert 10 <= numbers[0] <= 70, "120 frames before it, and up to 60 skipped"
        firsts.add(numbers[0])
        assert torch.equal(items.item(epoch, 0).frames, item.frames)
    assert len(firsts) > 10


def test_clips_that_never_bleed_stay_and_those_nobody_judged_go(tmp_path):
    never, untold, short = (
        made(tmp_path, onset=onset, frames=frames, name=name)
        for onset, frames, name in ((-1, 200, "never"), (None, 200, "untold"), (20, 40, "short"))
    )
    items = OnsetClips.of([untold, never, short], window=60, skip=0)
    assert [clip.clip_id for clip in items.clips] == ["never"]
    item = items.item(0, 0)
    assert (len(item.frames), int(item.onset)) == (150, -1)
    with pytest.raises(ValueError, match="no clip has an onset label and 60 frames"):
        OnsetClips.of([untold, short], window=60)


class NoFlow:
    def __call__(self, previous, _current):
        return torch.zeros_like(previous[:, :2])


def test_the_loss_is_least_where_the_answer_is_right(tmp_path):
    items = OnsetClips.of([made(tmp_path, frames=40, onset=20)], window=8, skip=0)
    model = OnsetNetwork(flow=NoFlow(), window=8, size=(16, 16), channels=8, width=16, layers=1, heads=2, memory=1)
    task = OnsetTask(model, items)
    item = items.item(0, 0)

    class Answer(torch.nn.Module):
        window = 8

        def forward(self, clip):
            starts = torch.arange(clip.shape[1] - 7)
            inside = (int(item.onset) >= starts) & (int(item.onset) < starts + 8)
            theta = torch.where(inside, (int(item.onset) - starts + 0.5) / 8, 0.0)
            said = type("Said", (), {})()
            said.position, said.confidence_logit = theta[None], torch.where(inside, 20.0, -20.0)[None]
            return said

    untrained = task.losses(stacked([item]), task.phases[0])["onset"]
    task.model = Answer()
    assert task.losses(stacked([item]), task.phases[0])["onset"] < 1e-6 < untrained
    said = task.model(item.frames[None])
    assert decode_onset(said.position[0], said.confidence_logit[0], 8) == int(item.onset)
    with pytest.raises(ValueError, match="windows of 8, the model has 9"):
        OnsetTask(OnsetNetwork(flow=NoFlow(), window=9, size=(16, 16), channels=8, width=16, heads=2), items)
