from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bleedkit.benchmarks.training.batches import stacked
from bleedkit.benchmarks.training.cached_clips import CachedClip
from bleedkit.benchmarks.training.clip_labels import ClipLabels
from bleedkit.benchmarks.training.source_task import LabelledPictures, SourceTask
from bleedkit.datasets.schema import ImageSize
from bleedkit.models.bleedorigin.source_loss import gaussian_heat
from bleedkit.models.source_model import Source


@pytest.fixture
def clip(tmp_path):
    """20 frames, frame t is t all over. People label 5 and 15, flow 6 to 9 and 16; 7 is hidden."""
    numbers = np.broadcast_to(np.arange(20, dtype=np.uint8)[:, None, None, None], (20, 16, 16, 3))
    np.save(tmp_path / "c.npy", numbers)
    point = np.stack([np.arange(20) / 40, np.full(20, 0.5)], 1).astype(np.float32)
    human, visible = np.zeros(20, bool), np.zeros(20, bool)
    human[[5, 15]] = True
    visible[[5, 6, 8, 9, 15, 16]] = True
    labels = ClipLabels(point, visible, visible, human, np.zeros(20, bool), None)
    size = ImageSize(16, 16)
    return CachedClip("c", "p", 30.0, size, size, tmp_path / "c.npy", tmp_path / "n.npy", labels, np.ones(20, bool))


def test_a_label_comes_with_the_pseudo_labels_after_it(clip):
    items = LabelledPictures.of([clip], pseudo=4)
    assert len(items) == 1, "the first label of a clip is its onset frame"
    item = items.item(0, 0)
    assert item.picture[0, 0, 0] == 5
    assert item.later[:, 0, 0, 0].tolist() == [6, 7, 8, 9]
    assert item.later_known.tolist() == [True, False, True, True]
    np.testing.assert_allclose(item.later_point[2], [8 / 40, 0.5])


def test_every_label_may_be_taken_and_the_clip_may_end(clip):
    items = LabelledPictures.of([clip], pseudo=10, first_only=False)
    assert len(items) == 2
    last = items.item(0, 1)
    assert last.later_known.tolist() == [True] + [False] * 9
    assert items.item(0, 0).later_known.sum() == 3, "people's own label at 15 is no pseudo-label"
    clip.labels.human[:] = False
    with pytest.raises(ValueError, match="labelled by a person"):
        LabelledPictures.of([clip])


def test_the_loss_is_eq_5_by_hand(clip):
    """A model that always says the middle: errors of the points are known, and those of the maps are counted here."""
    shown = []

    class Middle(torch.nn.Module):
        def forward(self, picture):
            shown.append(picture)
            return Source(torch.zeros(len(picture), 1, 8, 8), torch.full((len(picture), 2), 0.5))

    task = SourceTask(Middle(), LabelledPictures.of([clip], pseudo=4))
    loss = task.losses(stacked([task.items().item(0, 0)]), SimpleNamespace())["source"]
    assert [round(float(p[0, 0, 0]) * 255) for p in shown[0]] == [5, 6, 8, 9]
    heat = [gaussian_heat(torch.tensor([[x / 40, 0.5]]), (8, 8)).square().mean() for x in (5, 6, 8, 9)]
    coordinate = 0.5 * (5 / 40 - 0.5) ** 2 / 2  # Huber inside 1, mean over x (0.125 for 0.5) and y (right)
    assert float(loss) == pytest.approx(float(0.5 * heat[0] + 0.5 * sum(heat[1:]) / 3 + coordinate), rel=1e-5)
