"""Folders of LabelMe files: points and regions by label, patients only from the user, real files too."""

import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from bleedkit_test_layouts.labelme import CORRUPTIONS, mask_shape, shape, write_label, write_labelme
from bleedkit_test_layouts.pictures import save
from PIL import Image

from bleedkit.datasets import labelme_folder
from bleedkit.datasets.problems import Problems
from bleedkit.datasets.source import ReadOptions

PATIENTS = {"clip1": "a", "clip2": "b"}


def read(root, patients=PATIENTS, **mapping):
    problems = Problems()
    options = ReadOptions(mapping={"fps": 25, **mapping}, patients=patients)
    return {
        clip.clip.clip_id: (clip, list(clip.masks())) for clip in labelme_folder.read(root, options, problems)
    }, problems


def test_folders_come_back(tmp_path):
    truth = write_labelme(tmp_path)
    clips, problems = read(tmp_path)
    assert not problems.found
    for name, points in truth.points.items():
        source, masks = clips[name]
        assert (source.clip.patient_id, source.clip.fps) == (PATIENTS[name], 25)
        assert {p.frame: (p.x, p.y) for p in source.points} == points
        assert masks == []


@pytest.mark.parametrize("damage", CORRUPTIONS)
def test_damage_is_told_by_file_and_the_rest_is_kept(tmp_path, damage):
    truth = write_labelme(tmp_path)
    plant, code = CORRUPTIONS[damage]
    plant(truth)
    clips, problems = read(tmp_path)
    assert code in {problem.code for problem in problems}
    assert {problem.code for problem in problems.errors} <= {code}
    assert all(problem.file.startswith("clip1") for problem in problems.errors)
    assert len(clips["clip2"][0].points) == 4
    assert {p.frame for p in clips["clip1"][0].points} >= {0, 2, 3}


def test_nobody_guesses_a_patient(tmp_path):
    write_labelme(tmp_path)
    clips, problems = read(tmp_path, patients={"clip1": "a"})
    assert list(clips) == ["clip1"]
    assert [(p.code, p.file) for p in problems.errors] == [("patient", "clip2")]
    assert "--patients" in problems.errors[0].remedy


def test_names_may_tell_patients_where_a_mapping_says_how(tmp_path):
    write_labelme(tmp_path / "p7")
    clips, problems = read(tmp_path, patients={}, image=r"(?P<patient>[^/]+)/(?P<clip>[^/]+)/(?P<frame>\d+)")
    assert {clip.clip.patient_id for clip, _ in clips.values()} == {"p7"}
    assert list(clips) == ["p7-clip1", "p7-clip2"]
    assert not problems.found


def test_a_patient_map_may_name_a_folder_above(tmp_path):
    write_labelme(tmp_path / "case 3")
    clips, problems = read(tmp_path, patients={"case 3": "c"})
    assert {name: clip.clip.patient_id for name, (clip, _) in clips.items()} == {
        "case 3-clip1": "c",
        "case 3-clip2": "c",
    }
    assert not problems.found


def test_an_unknown_rate_is_told(tmp_path):
    write_labelme(tmp_path)
    problems = Problems()
    clips = list(labelme_folder.read(tmp_path, ReadOptions(patients=PATIENTS), problems))
    assert {clip.clip.fps for clip in clips} == {1}
    assert [(p.severity, p.code) for p in problems] == [("warning", "fps")]


def test_points_and_regions_go_by_label_and_regions_of_one_label_unite(tmp_path):
    write_labelme(tmp_path, clips=1)
    patch = np.ones((4, 6), bool)
    shapes = [
        shape("blood", [[0.0, 0.0], [3.0, 2.0]], "rectangle"),
        mask_shape("blood", patch, 10, 10),
        shape("tool", [[40.0, 40.0], [44.0, 40.0], [44.0, 44.0], [40.0, 44.0]], "polygon"),
        shape("source", [[5.0, 6.0]]),
        shape("vessel", [[7.0, 8.0]], group_id=1),
        shape("vessel", [[9.0, 8.0]], group_id=2),
    ]
    write_label(tmp_path / "clip1/00001.jpg", shapes)
    clips, problems = read(tmp_path, patients={"clip1": "a"})
    source, masks = clips["clip1"]
    assert not problems.found
    assert {(m.target, m.frame, int(m.mask.sum())) for m in masks} == {("blood", 1, 6 + 24), ("tool", 1, 16)}
    found = {p.target: (p.x, p.y) for p in source.points if p.frame == 1}
    assert found == {"source": (5, 6), "vessel:1": (7, 8), "vessel:2": (9, 8)}


def test_an_image_that_labelme_turned_is_told(tmp_path):
    write_labelme(tmp_path)
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(tmp_path / "clip1/00001.jpg", exif=exif)
    write_label(tmp_path / "clip1/00001.jpg", [shape("source", [[5.0, 60.0]])], size=(48, 64))
    clips, problems = read(tmp_path)
    assert [(p.code, p.file, p.frame) for p in problems.errors] == [("image-orientation", "clip1/00001.json", 1)]
    assert len(clips["clip1"][0].points) == 3


def test_a_label_file_of_another_name_goes_to_the_image_it_names(tmp_path):
    write_labelme(tmp_path)
    label = tmp_path / "clip1/00001.json"
    label.rename(label.with_name("second try.json"))
    clips, problems = read(tmp_path)
    assert [p.frame for p in clips["clip1"][0].points] == [0, 1, 2, 3]
    assert not problems.found
    shutil.copy(label.with_name("second try.json"), label.with_name("third try.json"))
    _, problems = read(tmp_path)
    assert [p.code for p in problems] == ["duplicate-label"]


def test_unlabelled_folders_and_junk_are_left_alone(tmp_path):
    write_labelme(tmp_path)
    save(tmp_path / "spare/00000.jpg", np.zeros((48, 64, 3), np.uint8))
    (tmp_path / "notes.json").write_text('{"title": "our notes"}')
    (tmp_path / "clip1/Thumbs.db").write_bytes(b"x")
    (tmp_path / "clip1/._00001.json").write_bytes(b"x")
    (tmp_path / "film.avi").write_bytes(b"x")
    clips, problems = read(tmp_path)
    assert list(clips) == ["clip1", "clip2"]
    assert {(p.severity, p.code, p.file) for p in problems} == {
        ("warning", "unlabelled", "spare"),
        ("warning", "unknown-file", "notes.json"),
        ("warning", "extension", "film.avi"),
    }


def test_a_time_is_no_frame_number(tmp_path):
    write_labelme(tmp_path, clips=1)
    (tmp_path / "clip1/00001.jpg").rename(tmp_path / "clip1/20231221123045.jpg")
    (tmp_path / "clip1/00001.json").unlink()
    clips, problems = read(tmp_path, patients={"clip1": "a"})
    assert [frame.frame for frame in clips["clip1"][0].frames] == [0, 2, 3]
    assert [(p.code, p.file) for p in problems] == [("frame-name", "clip1/20231221123045.jpg")]


def test_files_in_the_root_are_one_clip_of_its_name(tmp_path, monkeypatch):
    write_labelme(tmp_path, clips=1)
    monkeypatch.chdir(tmp_path / "clip1")
    clips, problems = read(Path(), patients={"clip1": "a"})
    assert [p.frame for p in clips["clip1"][0].points] == [0, 1, 2, 3]
    assert not problems.found


def test_two_label_files_that_differ_in_their_ending_only_are_told(tmp_path):
    write_labelme(tmp_path)
    shutil.copy(tmp_path / "clip1/00001.json", tmp_path / "clip1/00001.JSON")
    clips, problems = read(tmp_path)
    assert len(clips["clip1"][0].points) == 4
    assert [p.code for p in problems] == ["duplicate-label"]


def test_decomposed_names_of_a_mac_pair_up_with_composed_ones(tmp_path):
    write_labelme(tmp_path, clips=1)
    for form, ending in (("NFC", "jpg"), ("NFD", "json")):
        (tmp_path / f"clip1/00001.{ending}").rename(
            tmp_path / "clip1" / unicodedata.normalize(form, f"é00001.{ending}")
        )
    clips, problems = read(tmp_path, patients={"clip1": "a"})
    assert [p.frame for p in clips["clip1"][0].points] == [0, 1, 2, 3]
    assert {p.code for p in problems} == {"image-path"}


def test_real_files_are_read(shared_data):
    folders = ("primitives", "semantic_segmentation", "tutorial", "video_annotation")
    clips, problems = read(shared_data / "labelme", patients=dict.fromkeys(folders, "nobody"))
    assert list(clips) == list(folders)
    assert not problems.errors
    source, masks = clips["video_annotation"]
    assert [frame.frame for frame in source.frames] == [0, 1, 2, 3, 4]
    assert str(source.clip.size) == "1000x563"
    assert {(mask.frame, mask.target) for mask in masks} == {(f, t) for f in range(5) for t in ("car", "track")}
    assert [p.target for p in clips["primitives"][0].points] == ["point"]
    assert {p.code for p in problems} == {"image-path", "shape-ignored"}  # apc2016_obj3.json names itself; two lines
