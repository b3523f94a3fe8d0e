import numpy as np
import pytest
import torch

from bleedkit.benchmarks.training import frame_cache
from bleedkit.benchmarks.training.frame_cache import FrameCache, small_mask
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.media import iter_images
from bleedkit.datasets.schema import ImageSize
from bleedkit.models.predict import predict_region_point
from bleedkit.models.region_point_model import RegionPoint


def view_of(cohort, at=0):
    return list(cohort.stream())[at]


def test_frames_are_those_of_the_clip_made_small(built, tmp_path):
    cohort, _ = built
    view = view_of(cohort)
    found = np.load(FrameCache(tmp_path, ImageSize(32, 24)).frames(cohort, view))
    assert found.shape == (10, 24, 32, 3)
    # 64x48 to 32x24: each pixel covers four, of which bilinear with a support of two pixels reads 16, weighted
    # 1 3 3 1 in each direction and normalised at the border.
    weight = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64
    for number, rgb in iter_images(cohort, view.clip.clip_id):
        seen = rgb[9 * 2 - 1 : 9 * 2 + 3, 5 * 2 - 1 : 5 * 2 + 3].astype(float)
        assert np.abs(found[number, 9, 5] - np.einsum("yx,yxc->c", weight, seen)).max() <= 1


class Shown:
    """Keeps the pictures it is asked about."""

    def __init__(self):
        self.pictures = []

    def start(self):
        return None

    def step(self, frame, state):
        self.pictures.append(frame[0])
        mask = torch.zeros(1, 1, 4, 4)
        return RegionPoint(mask, torch.zeros(1, 2), torch.zeros(1), None), state


@pytest.mark.parametrize("size", [ImageSize(32, 24), ImageSize(40, 40), ImageSize(96, 50)])
def test_a_model_is_shown_the_same_pixels_in_training_and_in_answering(built, tmp_path, size):
    cohort, _ = built
    view, model = view_of(cohort), Shown()
    frames = iter_images(cohort, view.clip.clip_id)
    predict_region_point(model, frames, picture=size, masks=False, allow_random=True)
    cached = np.load(FrameCache(tmp_path, size).frames(cohort, view))
    learnt = torch.from_numpy(cached).permute(0, 3, 1, 2).float() / 255
    assert torch.equal(torch.stack(model.pictures), learnt)


def test_nothing_is_decoded_twice_and_other_content_has_another_file(built, tmp_path, monkeypatch):
    cohort, _ = built
    cache = FrameCache(tmp_path, ImageSize(32, 24))
    first = cache.frames(cohort, view_of(cohort))
    assert cache.frames(cohort, view_of(cohort, 1)) != first
    assert FrameCache(tmp_path, ImageSize(24, 32)).frames(cohort, view_of(cohort)) != first
    monkeypatch.setattr(frame_cache, "clip_images", lambda *_: pytest.fail("decoded again"))
    assert cache.frames(cohort, view_of(cohort)) == first


def test_a_killed_writer_leaves_no_file_of_that_name(built, tmp_path, monkeypatch):
    cohort, _ = built
    cache = FrameCache(tmp_path, ImageSize(32, 24))

    def one_then_broken(*_):
        yield 0, np.zeros((48, 64, 3), np.uint8)
        raise BleedkitError("frame 1 is broken")

    monkeypatch.setattr(frame_cache, "clip_images", one_then_broken)
    with pytest.raises(BleedkitError, match="frame 1 is broken"):
        cache.frames(cohort, view_of(cohort))
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_before_anything_is_mapped(built, tmp_path, monkeypatch):
    cohort, _ = built

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(frame_cache.os, "posix_fallocate", full)
    with pytest.raises(BleedkitError, match=r"No space left.*--cache"):
        FrameCache(tmp_path, ImageSize(32, 24)).frames(cohort, view_of(cohort))


def test_a_mask_holds_the_pixels_that_are_half_inside():
    mask = np.zeros((4, 4), bool)
    mask[0, 0] = True  # a quarter of its square
    mask[0, 2:] = True  # half
    mask[2:, :2] = True  # whole
    assert small_mask(mask, ImageSize(2, 2)).tolist() == [[0, 1], [1, 0]]


def test_a_mask_that_is_enlarged_is_cut_between_its_pixels():
    mask = np.array([[False, True, True]])
    # Its centres lie at -0.25, 0.25, 0.75, ... of the old ones: shares 0, 0.25, 0.75, 1, 1, 1.
    assert small_mask(mask, ImageSize(6, 1)).tolist() == [[0, 0, 1, 1, 1, 1]]
