import numpy as np
import pytest

from bleedkit.benchmarks.training import frame_cache
from bleedkit.benchmarks.training.frame_cache import FrameCache, small_mask, small_picture
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.media import iter_images
from bleedkit.datasets.schema import ImageSize


def view_of(cohort, at=0):
    return list(cohort.stream())[at]


def test_frames_are_those_of_the_clip_made_small(built, tmp_path):
    cohort, _ = built
    view = view_of(cohort)
    path = FrameCache(tmp_path, ImageSize(32, 24)).frames(cohort, view)
    found = np.load(path)
    assert found.shape == (10, 24, 32, 3)
    for number, rgb in iter_images(cohort, view.clip.clip_id):
        # 64x48 to 32x24: the mean over each square of four.
        wanted = rgb.reshape(24, 2, 32, 2, 3).mean((1, 3))
        assert np.abs(found[number] - wanted).max() <= 0.5


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


def test_a_picture_that_is_enlarged_is_not_blocky():
    ramp = np.repeat(np.arange(0, 80, 20, dtype=np.uint8)[None, :, None], 4, 0).repeat(3, 2)
    large = small_picture(ramp, ImageSize(8, 4))
    # Centres at (c + 0.5) / 2 - 0.5 of the small one: 0.25 between columns 0 and 1 is 5.
    assert large[0, :4, 0].tolist() == [0, 5, 15, 25]
