"""HemoSet: both nestings come back; colour masks are read as documented; every kind of damage is told."""

import numpy as np
import pytest
from bleedkit_test_layouts.hemoset import CORRUPTIONS, write_hemoset
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets import hemoset
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.hemoset import mask_of_colours, parse_animal
from bleedkit.datasets.problems import Problems
from bleedkit.datasets.source import ReadOptions


def read(root, **patients):
    problems = Problems()
    clips = list(hemoset.read(root, ReadOptions(patients=patients), problems))
    return {clip.clip.clip_id: (clip, list(clip.masks())) for clip in clips}, problems


@pytest.mark.parametrize("nested", [False, True])
def test_the_official_layout_comes_back_whole(tmp_path, nested):
    truth = write_hemoset(tmp_path, animals=11, nested=nested)
    clips, problems = read(tmp_path)
    assert not problems.found
    assert list(clips) == [f"pig{n}" for n in range(1, 12)]  # pig10 after pig9
    for name, (source, masks) in clips.items():
        assert (source.clip.fps, source.clip.n_frames, source.clip.patient_id) == (30, 121, name)
        assert [frame.frame for frame in source.frames] == [0, 30, 60, 90, 120]
        assert [frame.timestamp_s for frame in source.frames] == [0, 1, 2, 3, 4]
        assert [mask.frame for mask in masks] == [0, 30, 60, 90]
        for mask in masks:
            np.testing.assert_array_equal(mask.mask, truth.masks[name][mask.frame])


@pytest.mark.parametrize("damage", CORRUPTIONS)
def test_damage_is_told_by_file_and_the_rest_is_kept(tmp_path, damage):
    truth = write_hemoset(tmp_path)
    plant, code = CORRUPTIONS[damage]
    plant(truth)
    clips, problems = read(tmp_path)
    assert code in {problem.code for problem in problems}
    assert {problem.code for problem in problems.errors} <= {code, "mask-without-image"}
    for name in ("pig2", "pig3"):
        assert len(clips[name][0].frames) == 5
        assert len(clips[name][1]) == 4


def test_a_mask_in_other_colours_is_left_out_and_a_smooth_edge_is_not(tmp_path):
    truth = write_hemoset(tmp_path)
    CORRUPTIONS["many odd pixels"][0](truth)
    clips, problems = read(tmp_path)
    assert [mask.frame for mask in clips["pig1"][1]] == [0, 60, 90]
    assert "300 of 3072 pixels" in problems.errors[0].what
    CORRUPTIONS["a few odd pixels"][0](truth)
    clips, problems = read(tmp_path)
    assert len(clips["pig1"][1]) == 4
    assert "3 of 3072 pixels" in problems.warnings[0].what


def test_an_odd_step_between_images_is_told_once(tmp_path):
    truth = write_hemoset(tmp_path, frames=8)
    (truth.folder("pig1", "imgs") / "000060.png").rename(truth.folder("pig1", "imgs") / "000075.png")
    (truth.folder("pig1", "labels") / "000060_mask.png").rename(truth.folder("pig1", "labels") / "000075_mask.png")
    _, problems = read(tmp_path)
    assert [(p.code, p.file, p.frame) for p in problems] == [("frame-step", "pig1", 30)]
    assert problems.found[0].what == "2 of 7 steps between images are not 30 frames; the first is 45"


def test_an_animal_without_number_needs_a_patient_from_the_user(tmp_path):
    truth = write_hemoset(tmp_path)
    CORRUPTIONS["animal without number"][0](truth)
    assert set(read(tmp_path)[0]) == {"pig2", "pig3"}
    assert read(tmp_path, Babe="pig1")[0]["Babe"][0].clip.patient_id == "pig1"


def test_a_folder_that_is_not_hemoset_is_refused(tmp_path):
    with pytest.raises(BleedkitError, match="pig<N>/imgs"):
        read(tmp_path)


def test_colours():
    picture = np.array([[[0, 0, 0], [128, 0, 0], [111, 0, 0], [110, 0, 0], [128, 1, 0], [255, 255, 255]]], np.uint8)
    blood, odd = mask_of_colours(picture)
    assert blood.tolist() == [[False, True, True, False, False, False]]
    assert odd == 3  # dark red, red with green, white


@given(st.integers(0, 9999), st.sampled_from(["pig", "Pig", "PIG"]), st.sampled_from(["", "_", "-", " "]))
def test_animals_by_name(number, word, between):
    assert parse_animal(f"{word}{between}{number}") == f"pig{number}"


@given(st.text(max_size=10))
def test_other_names_are_no_animal(name):
    assert parse_animal(name) is None or name.lower().startswith("pig")
