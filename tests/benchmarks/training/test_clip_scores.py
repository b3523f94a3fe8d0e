"""Scores of stand-ins whose answers are known."""

import numpy as np
import pytest
import torch

from bleedkit.benchmarks.training.cached_clips import CachedClip
from bleedkit.benchmarks.training.clip_labels import ClipLabels
from bleedkit.benchmarks.training.clip_scores import onset_errors, region_point_scores, source_errors
from bleedkit.benchmarks.training.onset_task import OnsetClips
from bleedkit.benchmarks.training.source_task import LabelledPictures
from bleedkit.datasets.schema import ImageSize
from bleedkit.models.onset_model import OnsetWindows
from bleedkit.models.region_point_model import RegionPoint
from bleedkit.models.source_model import Source


@pytest.fixture
def clip(tmp_path):
    """12 frames of 8x8: the left half bleeds in 0 and 1, nobody drew a region later; a point in 0, 1 and 2."""
    np.save(tmp_path / "frames.npy", np.zeros((12, 8, 8, 3), np.uint8))
    masks = np.zeros((12, 8, 8), np.uint8)
    masks[:2, :, :4] = 1
    np.save(tmp_path / "masks.npy", masks)
    visible, masked = np.arange(12) < 3, np.arange(12) < 2
    point = np.where(visible[:, None], 0.5, 0).astype(np.float32) * np.ones((12, 2), np.float32)
    labels = ClipLabels(point, visible, np.ones(12, bool), visible, masked, 5)
    size = ImageSize(8, 8)
    frames, regions = tmp_path / "frames.npy", tmp_path / "masks.npy"
    return CachedClip("c", "p", 30.0, size, size, frames, regions, labels, np.ones(12, bool))


class Quarter(torch.nn.Module):
    """Says: the left quarter bleeds, the point is at (0.5, 0.5), then 0.04 and 0.3 beside it; it is there in 0..4."""

    def forward(self, _clip):
        logits = torch.full((1, 12, 1, 8, 8), -1.0)
        logits[..., :2] = 1.0
        point = torch.full((1, 12, 2), 0.5)
        point[0, 1, 0], point[0, 2, 1] = 0.54, 0.8
        return RegionPoint(logits, point, torch.where(torch.arange(12) < 5, 1.0, -1.0)[None])


def test_regions_and_points(clip):
    found = region_point_scores(Quarter(), [clip])
    assert found.iou == pytest.approx(2 / 4), "two columns of four, in the two frames that were drawn"
    assert found.frames == 2
    assert dict(found.pck) == pytest.approx({0.02: 1 / 3, 0.05: 2 / 3, 0.1: 2 / 3})
    assert found.error == pytest.approx((0 + 0.04 + 0.3) / 3, abs=1e-6)
    assert found.points == 3
    assert found.presence == pytest.approx(10 / 12), "frames 3 and 4 are told wrong"


def test_nothing_to_score_is_no_number(clip):
    clip.labels.visible[:] = False
    clip.labels.mask_known[:] = False
    found = region_point_scores(Quarter(), [clip])
    assert np.isnan([found.iou, found.error, dict(found.pck)[0.1]]).all()
    assert (found.frames, found.points) == (0, 0)


class Onset(torch.nn.Module):
    """Windows of 4: the one that starts at `sure` says half-way."""

    window = 4

    def __init__(self, sure):
        super().__init__()
        self.sure = sure

    def forward(self, clip):
        starts = torch.arange(clip.shape[1] - 3)
        return OnsetWindows(torch.full((1, len(starts)), 0.5), torch.where(starts == self.sure, 1.0, -1.0)[None])


def test_onsets(clip):
    items = OnsetClips.of([clip], window=4, skip=0, before=4, after=6)
    # Shown are frames 1..10; the window from the 4th on says 4 + floor(0.5 * 4) = 6 of these, frame 7; true is 5.
    assert onset_errors(Onset(4), items).tolist() == [2]
    assert np.isnan(onset_errors(Onset(-1), items)).all()


def test_sources(clip):
    model = torch.nn.Module()
    model.forward = lambda _picture: Source(torch.zeros(1, 1, 8, 8), torch.tensor([[0.5, 0.6]]))
    errors = source_errors(model, LabelledPictures.of([clip], pseudo=0, first_only=False))
    np.testing.assert_allclose(errors, [0.1] * 3, atol=1e-6)
