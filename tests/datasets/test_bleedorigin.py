"""BleedOrigin-Bench's documented form comes back, by default and by a declared mapping; damage is told."""

import json

import pytest
from bleedkit_test_layouts.labelme import CORRUPTIONS, shape, write_bleedorigin, write_clip, write_label
from hypothesis import given
from hypothesis import strategies as st

from bleedkit.datasets import bleedorigin
from bleedkit.datasets.bleedorigin_mapping import BleedOriginMapping
from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.problems import Problems
from bleedkit.datasets.source import ReadOptions


def read(root, mapping=None, patients=None):
    problems = Problems()
    options = ReadOptions(mapping=mapping or {}, patients=patients or {})
    return {clip.clip.clip_id: clip for clip in bleedorigin.read(root, options, problems)}, problems


def small(root, **more):
    return write_bleedorigin(root, patients=2, detection=124, tracking=32, **more)


@pytest.mark.parametrize("first", [0, 1, 5000])
def test_the_documented_form_comes_back(tmp_path, first):
    truth = write_bleedorigin(tmp_path, patients=2, first=first)
    clips, problems = read(tmp_path)
    assert not problems.found
    assert list(clips) == ["p01-det1", "p01-trk1", "p02-det1", "p02-trk1"]
    for folder, points in truth.points.items():
        source = clips[folder.replace("/", "-")]
        assert (source.clip.fps, source.clip.n_frames) == (30, truth.frames[folder])
        assert source.clip.patient_id == folder[:3]
        assert [frame.frame for frame in source.frames] == list(range(truth.frames[folder]))
        assert {p.frame: (p.x, p.y) for p in source.points} == points
        assert {p.target for p in source.points} == {"source"}
        assert [onset.frame for onset in source.onsets] == ([120] if "det" in folder else [])
    assert [p.frame for p in clips["p01-trk1"].points] == [0, 30, 60]


@pytest.mark.parametrize("damage", CORRUPTIONS)
def test_damage_is_told_by_file_and_the_rest_is_kept(tmp_path, damage):
    truth = small(tmp_path)
    plant, code = CORRUPTIONS[damage]
    if damage == "truncated label":  # of the labelled frame; the others have no label
        path = tmp_path / "p01/det1/00120.json"
        path.write_bytes(path.read_bytes()[:100])
    else:
        plant(truth)
    clips, problems = read(tmp_path)
    assert code in {problem.code for problem in problems}
    assert {problem.code for problem in problems.errors} <= {code}
    assert all(problem.file.startswith("p01/det1") for problem in problems.errors)
    assert [len(clips[name].points) for name in ("p01-trk1", "p02-det1", "p02-trk1")] == [2, 1, 2]


def test_a_file_without_a_source_says_that_none_is_visible(tmp_path):
    small(tmp_path)
    write_label(tmp_path / "p01/trk1/00030.jpg", [])
    points = read(tmp_path)[0]["p01-trk1"].points
    assert [(p.frame, p.visible) for p in points] == [(0, True), (30, False)]


def test_labels_of_the_source_can_be_declared(tmp_path):
    small(tmp_path)
    both = [shape("bleeding", [[5.0, 6.0]]), shape("tool", [[1.0, 1.0]])]
    write_label(tmp_path / "p01/trk1/00030.jpg", both)
    write_label(tmp_path / "p01/trk1/00000.jpg", both)
    _, problems = read(tmp_path)
    assert [p.frame for p in problems.errors] == [0, 30]
    clips, problems = read(tmp_path, {"source_labels": ["bleeding", "source"]})
    assert [(p.x, p.y) for p in clips["p01-trk1"].points] == [(5, 6), (5, 6)]
    assert {p.code for p in problems} == {"shape-ignored"}


def test_an_onset_elsewhere_is_no_onset_until_declared(tmp_path):
    truth = small(tmp_path)
    write_clip(truth, "p01/det2", 40, [25], key=[7])
    clips, problems = read(tmp_path)
    assert clips["p01-det2"].onsets == []
    assert [(p.code, p.frame) for p in problems] == [("onset", 25)]
    assert [o.frame for o in read(tmp_path, {"onset_frame": 25})[0]["p01-det2"].onsets] == [25]
    assert not any(clip.onsets for clip in read(tmp_path, {"onset_frame": None})[0].values())


def test_the_official_split_by_patient(tmp_path):
    write_bleedorigin(tmp_path, patients=3, detection=121, tracking=31)
    split = {"train": ["p01"], "test": ["p02"]}
    clips, problems = read(tmp_path, {"split": split})
    parts = {clip.clip.patient_id: clip.clip.official_split for clip in clips.values()}
    assert parts == {"p01": "train", "p02": "test", "p03": ""}
    assert [p.what for p in problems] == ["official split leaves 1 patients out (p03)"]
    (tmp_path / "split.json").write_text(json.dumps(split))
    clips, problems = read(tmp_path, {"split_file": "split.json"})
    assert {clip.clip.patient_id: clip.clip.official_split for clip in clips.values()} == parts
    assert {p.code for p in problems} == {"split"}


def test_a_patient_in_two_parts_is_an_error(tmp_path):
    small(tmp_path)
    _, problems = read(tmp_path, {"split": {"train": ["p01", "p02"], "test": ["p02"]}})
    assert [(p.severity, p.code) for p in problems] == [("error", "split")]
    assert "'p02' in train and in test" in problems.found[0].what


def test_parts_as_folders(tmp_path):
    write_bleedorigin(tmp_path / "train", patients=1, detection=121, tracking=31)
    clips, problems = read(tmp_path)
    assert {clip.clip.official_split for clip in clips.values()} == {"train"}
    assert {clip.clip.patient_id for clip in clips.values()} == {"p01"}
    assert not problems.found


def test_sites_and_scenarios_from_a_table(tmp_path):
    small(tmp_path)
    (tmp_path / "clips.csv").write_text(
        "﻿patient,clip,site,scenarios\r\np01,det1,Gastric antrum,camera jitter; Water flushing\r\np09,x,,\r\n"
    )
    clips, problems = read(tmp_path, {"clips": "clips.csv"})
    assert clips["p01-det1"].clip.site == "gastric antrum"
    assert clips["p01-det1"].clip.scenarios == ("camera jitter", "water flushing")
    assert clips["p01-trk1"].clip.site == ""
    assert [p.what for p in problems] == ["names clip x of p09, which is not there"]


def test_another_layout_is_declared(tmp_path):
    small(tmp_path)
    images, labels = tmp_path / "new/frames", tmp_path / "new/points"
    for path in sorted(tmp_path.glob("p0*/*/*")):
        kind = images if path.suffix == ".jpg" else labels
        patient, clip = path.parts[-3:-1]
        target = kind / f"{clip}__{patient}" / f"frame_{path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    mapping = {
        "image": r"frames/(?P<clip>[^/]+)__(?P<patient>[^/]+)/frame_(?P<frame>\d+)",
        "labels": "points/{clip}__{patient}/frame_{frame}.json",
        "fps": 25,
    }
    clips, problems = read(tmp_path / "new", mapping)
    assert sorted(clips) == ["p01-det1", "p01-trk1", "p02-det1", "p02-trk1"]
    assert [p.frame for p in clips["p01-trk1"].points] == [0, 30]
    assert clips["p01-trk1"].clip.fps == 25
    assert {p.code for p in problems} == {"image-path"}  # the label files still name 00000.jpg


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"imgae": "x"}, "imgae: Extra inputs"),
        ({"image": "("}, "not a regular expression"),
        ({"image": "(?P<clip>.*)"}, r"needs a group \(\?P<frame>"),
        ({"fps": 0}, "fps: Input should be greater than 0"),
        ({"fps": "30"}, "fps: Input should be a valid number"),
        ({"labels": "{nobody}.json"}, "braces that name no group"),
        ({"labels": "{clip.__class__}.json"}, "braces that name no group"),
        ({"labels": "{clip}/{frame}"}, "does not end in .json"),
        ({"split": {"train": "p01"}}, "split.train: Input should be a valid list"),
        ({"split": {"training": ["p01"]}}, "parts of a split are train, val, test"),
        ({"split_file": "../split.json"}, "not a path below"),
        ({"split_file": "none.json"}, "is not there"),
        ({"clips": "bad.csv"}, "needs the columns patient, clip, site, scenarios"),
    ],
)
def test_a_wrong_mapping_is_one_clear_line(tmp_path, mapping, message):
    small(tmp_path)
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BleedkitError, match=message):
        read(tmp_path, mapping)


@given(st.dictionaries(st.sampled_from(sorted(BleedOriginMapping.model_fields)), st.none() | st.integers() | st.text()))
def test_any_mapping_is_read_or_refused(values):
    try:
        BleedOriginMapping.of(values)
    except BleedkitError as error:
        assert "mapping file" in str(error)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "readme.md").write_text("x")
    with pytest.raises(BleedkitError, match="--mapping"):
        read(tmp_path)


def test_two_clips_of_one_name_are_told(tmp_path):
    truth = small(tmp_path)
    write_clip(truth, "p01-x/y", 2, [0], key=[8])
    write_clip(truth, "p01/x-y", 2, [0], key=[9])
    clips, problems = read(tmp_path, {"onset_frame": None})
    assert "p01-x-y" in clips
    assert [p.code for p in problems] == ["duplicate-clip"]
