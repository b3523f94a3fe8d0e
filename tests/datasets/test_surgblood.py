"""SurgBlood: what is written in the official layout comes back; every kind of damage is told and nothing else lost."""

import math
import re
import shutil
import unicodedata

import numpy as np
import pytest
from bleedkit_test_layouts.pictures import save
from bleedkit_test_layouts.surgblood import CLIP, CORRUPTIONS, write_surgblood
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets import surgblood
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.problems import Problems
from bleedkit.datasets.source import ReadOptions
from bleedkit.datasets.surgblood import ClipName, mask_of_gray, parse_clip_name, parse_point


def read(root, **patients):
    problems = Problems()
    clips = list(surgblood.read(root, ReadOptions(patients=patients), problems))
    return {clip.clip.clip_id: (clip, list(clip.masks())) for clip in clips}, problems


def test_the_official_layout_comes_back_whole(tmp_path):
    truth = write_surgblood(tmp_path)
    clips, problems = read(tmp_path)
    assert list(problems) == []
    assert clips.keys() == truth.part.keys()
    for name, (source, masks) in clips.items():
        clip = source.clip
        assert (clip.fps, str(clip.size), clip.n_frames) == (2, "64x48", 6)
        assert clip.official_split == truth.part[name]
        assert clip.patient_id == re.search("patient[0-9]+", name)[0]
        assert clip.procedure_id == name.partition("clip")[0]
        assert [frame.path for frame in source.frames] == [
            f"{truth.part[name]}/videos-image/{name}/{frame:05d}.jpg" for frame in range(6)
        ]
        assert [frame.timestamp_s for frame in source.frames] == [0, 0.5, 1, 1.5, 2, 2.5]
        for label, point in zip(source.points, truth.points[name], strict=True):
            assert label.visible is (point is not None)
            if point is not None:
                assert (label.x, label.y) == pytest.approx(point, abs=1e-9)
        for mask, wanted in zip(masks, truth.masks[name], strict=True):
            np.testing.assert_array_equal(mask.mask, wanted)


def test_extra_test_folders_give_the_bleeding_type_and_no_clip(tmp_path):
    truth = write_surgblood(tmp_path, patients=4)
    clips, problems = read(tmp_path)
    sites = {name: source.clip.site for name, (source, _) in clips.items() if source.clip.official_split == "test"}
    assert sites == {name: surgblood.SITES[site.lower()] for name, site in truth.site.items()}
    assert sorted(sites.values()) == ["cystic triangle", "gallbladder", "gallbladder bed", "vessel"]
    assert len(clips) == 8
    assert not problems.found


@pytest.mark.parametrize("damage", CORRUPTIONS)
def test_damage_is_told_by_file_and_the_rest_is_kept(tmp_path, damage):
    truth = write_surgblood(tmp_path / "SurgBlood")
    plant, code = CORRUPTIONS[damage]
    plant(truth)
    clips, problems = read(truth.root)
    assert code in {problem.code for problem in problems}
    assert {problem.code for problem in problems.errors} == {code}
    assert all("patient1clip" in problem.file or "clipA" in problem.file for problem in problems.errors)
    assert clips.keys() >= truth.part.keys() - {CLIP}
    for name in truth.part.keys() - {CLIP}:
        assert len(clips[name][0].points) == 6
        assert len(clips[name][1]) == 6


def test_a_bad_point_costs_that_frame_only(tmp_path):
    truth = write_surgblood(tmp_path)
    CORRUPTIONS["NaN"][0](truth)
    clips, problems = read(tmp_path)
    assert [point.frame for point in clips[CLIP][0].points] == [0, 2, 3, 4, 5]
    assert [(p.file, p.frame) for p in problems] == [(f"train/videos-point/{CLIP}/00001.txt", 1)]


def test_unreadable_names_need_a_patient_from_the_user(tmp_path):
    truth = write_surgblood(tmp_path)
    CORRUPTIONS["no patient in the name"][0](truth)
    clips, problems = read(tmp_path)
    assert "clipA" not in clips
    assert "--patients" in problems.errors[0].remedy
    clips, problems = read(tmp_path, clipA="smith")
    assert clips["clipA"][0].clip.patient_id == "smith"
    assert not problems.found


def test_the_user_knows_patients_better_than_the_name(tmp_path):
    write_surgblood(tmp_path)
    clips, _ = read(tmp_path, **{CLIP: "patient3"})
    assert clips[CLIP][0].clip.patient_id == "patient3"


def test_a_number_used_on_two_days_is_one_patient_and_told(tmp_path):
    truth = write_surgblood(tmp_path)
    for kind in ("image", "mask", "point"):
        truth.folder(CLIP, kind).rename(truth.folder(CLIP, kind).with_name("2024-01-01patient1clip1"))
    clips, problems = read(tmp_path)
    assert clips["2024-01-01patient1clip1"][0].clip.patient_id == "patient1"
    assert [(p.code, p.severity) for p in problems] == [("patient-dates", "warning")]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_ids_are_composed_whatever_the_file_system_holds(tmp_path, form):
    truth = write_surgblood(tmp_path)
    for kind in ("image", "mask", "point"):
        folder = truth.folder(CLIP, kind)
        folder.rename(folder.with_name(unicodedata.normalize(form, "Müller1")))
    clips, problems = read(tmp_path, **{unicodedata.normalize("NFD", "Müller1"): "m"})
    assert unicodedata.normalize("NFC", "Müller1") in clips
    assert len(clips[unicodedata.normalize("NFC", "Müller1")][1]) == 6
    assert not problems.found


def test_names_that_differ_in_unicode_form_only_are_one_clip(tmp_path):
    truth = write_surgblood(tmp_path)
    for form in ("NFC", "NFD"):
        name = unicodedata.normalize(form, "Müller1")
        for kind in ("image", "mask", "point"):
            shutil.copytree(truth.folder(CLIP, kind), truth.folder(CLIP, kind).with_name(name))
    clips, problems = read(tmp_path, **{"Müller1": "m"})
    assert len(clips) == len(truth.part) + 1
    assert [problem.code for problem in problems] == ["duplicate-clip"]


def test_names_of_other_systems_do_no_harm(tmp_path):
    truth = write_surgblood(tmp_path)
    folder = truth.folder(CLIP)
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "._00001.jpg").write_bytes(b"x")
    (folder / "00000.jpg").rename(folder / "00000.JPG")
    (folder / "00001.jpg").rename(folder / "00001.jpeg")
    clips, problems = read(tmp_path)
    assert len(clips[CLIP][0].frames) == 6
    assert not problems.found


def test_a_png_named_jpg_is_read_and_told(tmp_path):
    truth = write_surgblood(tmp_path)
    path = truth.folder(CLIP) / "00002.jpg"
    save(path.with_suffix(".png"), np.zeros((48, 64, 3), np.uint8))
    path.with_suffix(".png").rename(path)
    clips, problems = read(tmp_path)
    assert len(clips[CLIP][0].frames) == 6
    assert [(p.severity, p.what) for p in problems] == [("warning", "is a PNG file by its content")]


@pytest.mark.parametrize(("first", "step"), [(1, 1), (0, 15), (30, 15)])
def test_numbers_of_the_video_become_frames_at_two_a_second(tmp_path, first, step):
    truth = write_surgblood(tmp_path)
    for kind, ending in (("image", "jpg"), ("mask", "jpg"), ("point", "txt")):
        for frame in reversed(range(6)):
            path = truth.folder(CLIP, kind) / f"{frame:05d}.{ending}"
            if path.exists():
                path.rename(path.with_stem(str(first + step * frame)))
    clips, problems = read(tmp_path)
    source, masks = clips[CLIP]
    assert [frame.frame for frame in source.frames] == [mask.frame for mask in masks] == list(range(6))
    assert {p.code for p in problems} == ({"frame-step"} if step > 1 else set())


def test_a_folder_that_is_not_surgblood_is_refused(tmp_path):
    with pytest.raises(BleedkitError, match="neither train/ nor test/"):
        read(tmp_path)


def test_a_foreign_test_folder_is_left_alone_and_told(tmp_path):
    write_surgblood(tmp_path)
    (tmp_path / "testHemoSet").mkdir()
    _, problems = read(tmp_path)
    assert [(p.code, p.file) for p in problems] == [("unknown-folder", "testHemoSet")]


@pytest.mark.parametrize(
    ("text", "point"),
    [("0.5 0.25", (0.5, 0.25)), ("0.5\t0.25\n\n", (0.5, 0.25)), ("0 0", None), ("0.0 0.000\n", None), ("", None),
     (" \n", None), ("0 0.5", (0, 0.5)), ("1 1", (1, 1)), ("5e-1 .25", (0.5, 0.25))],
)  # fmt: skip
def test_point_files(text, point):
    assert parse_point(text) == point


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_pair_of_shares_comes_back(x, y):
    assert parse_point(f"{x!r} {y!r}\n") == (None if x == y == 0 else (x, y))


@given(st.text(max_size=30) | st.lists(st.floats() | st.integers()).map(lambda v: " ".join(map(str, v))))
def test_any_text_is_a_pair_none_or_an_error(text):
    try:
        point = parse_point(text)
    except BleedkitError:
        return
    assert point is None or all(0 <= value <= 1 and math.isfinite(value) for value in point)


@given(
    st.dates().map(str),
    st.integers(0, 99999),
    st.integers(0, 99999),
    st.sampled_from(["", "-", "_", " "]),
    st.booleans(),
)
def test_clip_names(date, patient, clip, between, upper):
    name = f"{date}{between}patient{patient}{between}clip{clip}"
    assert parse_clip_name(name.upper() if upper else name) == ClipName(date, f"patient{patient}", clip)


@given(st.text(max_size=40))
def test_other_names_are_none_not_a_guess(name):
    parsed = parse_clip_name(name)
    assert parsed is None or ("patient" in name.lower() and "clip" in name.lower())


@pytest.mark.parametrize(
    "name", ["patient11clip3", "2023-12-21clip3", "2023-12-21patient11", "x2023-12-21patient1clip1"]
)
def test_part_of_a_name_is_not_enough(name):
    assert parse_clip_name(name) is None


def test_masks_are_cut_at_128():
    gray = np.repeat(np.array([[0, 31, 224, 255]], np.uint8), 25, axis=0)
    gray[0] = [127, 128, 0, 0]  # 2 gray pixels of 100
    mask = mask_of_gray(gray)
    assert mask[0].tolist() == [False, True, False, False]
    assert mask[1].tolist() == [False, False, True, True]
