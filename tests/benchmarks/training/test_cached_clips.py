"""From a cohort of SurgBlood's layout to windows; what is expected is what its writer wrote."""

import numpy as np
import pytest

from bleedkit.benchmarks.training.cached_clips import Part, cached_clip, cached_clips, data_facts
from bleedkit.benchmarks.training.clip_windows import ClipWindows
from bleedkit.benchmarks.training.frame_cache import FrameCache
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.schema import ImageSize
from bleedkit.datasets.split import load_split, save_split
from bleedkit.datasets.split_build import build_split


@pytest.fixture(scope="module")
def cohort(built):
    save_split(built[0], build_split(built[0], name="main", ratio=(2, 0, 1)))
    return built[0]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return FrameCache(tmp_path_factory.mktemp("cache"), ImageSize(64, 48))


def test_only_the_clips_of_the_part(cohort, cache):
    split = load_split(cohort, "main")
    clips = cached_clips(cohort, Part("main"), cache)
    assert [clip.clip_id for clip in clips] == [c.clip_id for c in cohort.clips.values() if split.part(c) == "train"]
    held = cached_clips(cohort, Part("main", "test"), cache)
    assert not {clip.patient_id for clip in clips} & {clip.patient_id for clip in held}
    assert held


def test_a_split_that_leaks_is_refused_unless_asked_for(cohort, cache):
    with pytest.raises(BleedkitError, match=r"split official leaks: patient .* --leaky-split"):
        cached_clips(cohort, Part("official"), cache)
    assert len(cached_clips(cohort, Part("official", leaky=True), cache)) == 3


@pytest.mark.parametrize(
    ("part", "told"),
    [(Part("none"), "no split 'none'"), (Part("main", "val"), "holds no clip"), (Part("main", fold=1), "not 1")],
)
def test_what_is_not_there_is_told(cohort, cache, part, told):
    with pytest.raises(BleedkitError, match=told):
        cached_clips(cohort, part, cache)


def test_windows_hold_what_was_written(built, cohort, cache):
    _, truth = built
    view = next(cohort.stream())
    windows = ClipWindows.of([cached_clip(cohort, view, cache)], length=4)
    assert len(windows) == 7  # starts 0..6 of 10 frames
    item = windows.item(3, 2)
    points, masks = truth.points[view.clip.clip_id], truth.masks[view.clip.clip_id]
    assert item.frames.shape == (4, 3, 48, 64)
    for at, frame in enumerate(range(2, 6)):
        assert np.array_equal(item.masks[at, 0].numpy().astype(bool), masks[frame])
        assert bool(item.present[at]) == (points[frame] is not None)
        wanted = (0, 0) if points[frame] is None else (points[frame][0] / 64, points[frame][1] / 48)
        np.testing.assert_allclose(item.point[at], wanted, atol=1e-6)
    assert item.clip.max() <= 1
    assert item.mask_known.all()


def test_windows_step_and_need_images_and_a_label(cohort, cache):
    clip = cached_clip(cohort, next(cohort.stream()), cache)
    assert [first for _, first in ClipWindows.of([clip], length=4, stride=3).starts] == [0, 3, 6]
    clip.has_image[5] = False
    assert [first for _, first in ClipWindows.of([clip], length=4).starts] == [0, 1, 6]
    clip.has_image[5] = True
    clip.labels.mask_known[:] = False
    clip.labels.point_known[:9] = False
    assert [first for _, first in ClipWindows.of([clip], length=4).starts] == [6]
    with pytest.raises(ValueError, match="no clip has 11 consecutive frames"):
        ClipWindows.of([clip], length=11)


def test_the_facts_change_with_the_labels(cohort, cache):
    clips = cached_clips(cohort, Part("main"), cache)
    before = data_facts(cohort, Part("main"), clips)
    assert before == data_facts(cohort, Part("main"), cached_clips(cohort, Part("main"), cache))
    assert (before["clips"], before["patients"], before["split"]) == (len(clips), len(clips) // 2, "main")
    clips[0].labels.point[0] += 0.01
    assert data_facts(cohort, Part("main"), clips)["labels_digest"] != before["labels_digest"]
