"""VL-SurgPT: both layouts, the quirks of its files, and whatever else may be in a labels.json."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bleedkit.datasets.errors import BleedkitError
from bleedkit.datasets.problems import Problems
from bleedkit.datasets.source import ReadOptions
from bleedkit.datasets.vl_surgpt import SPEC, read_pair

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "vl_surgpt"


@pytest.fixture(scope="module")
def video(tmp_path_factory, barcode_video):
    """One video of 40 frames, 128x64."""
    return barcode_video(tmp_path_factory.mktemp("video") / "00000000ms-00001333ms-visible.mp4")


@pytest.fixture
def sequence(tmp_path, video):
    """Write a sequence below tmp_path/root: labels (a value, or text as it is), statuses, and the video in place."""

    def write(folder="tissue/seq000", labels=None, texts=None, nested=False):
        base = tmp_path / "root" / folder
        where = base / "segmentation" if nested else base
        place = (base / "frames" if nested else base) / video.name
        place.parent.mkdir(parents=True, exist_ok=True)
        where.mkdir(parents=True, exist_ok=True)
        place.write_bytes(video.read_bytes())
        if labels is not None:
            (where / "labels.json").write_text(labels if isinstance(labels, str) else json.dumps(labels))
        if texts is not None:
            (where / "texts.json").write_text(texts if isinstance(texts, str) else json.dumps(texts))
        return base

    return write


def read(root, **patients):
    problems = Problems()
    clips = list(SPEC.read(root, ReadOptions(patients), problems))
    return clips, problems


def codes(problems):
    return [(str(p.severity), p.code, p.file, p.frame) for p in problems]


UNKNOWN = ("warning", "patient", "tissue/seq000", None)


def test_points_nulls_and_statuses_are_read_as_written(tmp_path, sequence):
    sequence(
        labels={"30": [[1.5, 2], None], "0": [[10, 20], [30, 40]]},
        texts={"0": [{"location": "Tissue", "status": ["Clear View"]}, {"status": "Pulled"}], "30": None},
    )
    (clip,), problems = read(tmp_path / "root")
    rows = [(p.frame, p.target, p.visible, p.x, p.y) for p in clip.points if p.visible]
    assert rows == [(0, "tissue-0", True, 10, 20), (0, "tissue-1", True, 30, 40), (30, "tissue-0", True, 1.5, 2)]
    assert [(p.frame, p.target) for p in clip.points if not p.visible] == [(30, "tissue-1")]
    assert (clip.clip.clip_id, clip.clip.patient_id, clip.clip.n_frames) == ("tissue-seq000", "tissue-seq000", 40)
    assert clip.clip.scenarios == ("clear view", "pulled")
    assert clip.clip.media == "tissue/seq000/00000000ms-00001333ms-visible.mp4"
    assert len(clip.frames) == 40
    assert codes(problems) == [UNKNOWN]


def test_the_release_layout_names_scenario_and_kind(tmp_path, sequence):
    sequence("tissue_with_text/4/left/seq001", {"0": [[1, 2]]}, nested=True)
    sequence("instrument_with_text/0/left/seq000", {"0": [[1, 2]]}, nested=True)
    clips, _ = read(tmp_path / "root")
    seen = [(c.clip.clip_id, c.clip.scenarios, c.points[0].target) for c in clips]
    assert seen == [
        ("instrument_with_text-0-left-seq000", (), "instrument-0"),
        ("tissue_with_text-4-left-seq001", ("smoke",), "tissue-0"),
    ]


@pytest.mark.parametrize("name", ["tissue-seq000", "tissue/seq000", "seq000"])
def test_the_user_may_name_a_sequence_by_id_path_or_folder(tmp_path, sequence, name):
    sequence(labels={"0": [[1, 2]]})
    (clip,), problems = read(tmp_path / "root", **{name: "kim"})
    assert (clip.clip.patient_id, len(problems)) == ("kim", 0)


def test_a_folder_name_that_two_sequences_share_names_neither(tmp_path, sequence):
    sequence("tissue/seq000", {"0": [[1, 2]]})
    sequence("instrument/seq000", {"0": [[1, 2]]})
    clips, problems = read(tmp_path / "root", seq000="kim")
    assert [c.clip.patient_id for c in clips] == ["instrument-seq000", "tissue-seq000"]
    assert [p.code for p in problems] == ["patient", "patient"]


@pytest.mark.parametrize(
    ("labels", "kept", "code", "frame"),
    [
        ({"0": [[1, 2]], "40": [[1, 2]]}, 1, "label-frame", 40),
        ({"0": [[1, 2]], "frame3": [[1, 2]]}, 1, "label-frame", None),
        ({"0": [[1, 2]], "-1": [[1, 2]]}, 1, "label-frame", None),
        ({"0": [[1, 2]], "9" * 30: [[1, 2]]}, 1, "label-frame", None),
        ('{"0": [[1, 2]], "0": [[3, 4]]}', 1, "label-frame", None),
        ({"0": [[1, 2]], "5": [1, 2]}, 1, "point-value", 5),
        ({"0": [[1, 2]], "5": [[1, 2, 3]]}, 1, "point-value", 5),
        ({"0": [[1, 2]], "5": [["1", "2"]]}, 1, "point-value", 5),
        ({"0": [[1, 2]], "5": [[True, 2]]}, 1, "point-value", 5),
        ('{"0": [[1, 2]], "5": [[NaN, 2]]}', 1, "point-value", 5),
        ('{"0": [[1, 2]], "5": [[1e999, 2]]}', 1, "point-value", 5),
        ('{"0": [[1, 2]], "5": [[1%s, 2]]}' % ("0" * 400), 1, "point-value", 5),
        ({"0": [[1, 2]], "5": {"x": 1}}, 1, "label-shape", 5),
        ({"0": [[1, 2]], "5": 7}, 1, "label-shape", 5),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_and_the_good_ones_stay(tmp_path, sequence, labels, kept, code, frame):
    sequence(labels=labels)
    (clip,), problems = read(tmp_path / "root")
    assert [(p.x, p.y) for p in clip.points] == [(1, 2)] * kept
    errors = {(p.code, p.file, p.frame) for p in problems.errors}
    assert errors == {(code, "tissue/seq000/labels.json", frame)}


def test_a_changing_number_of_targets_is_a_warning(tmp_path, sequence):
    sequence(labels={"0": [[1, 2], [3, 4]], "30": [[1, 2]]})
    (clip,), problems = read(tmp_path / "root")
    assert len(clip.points) == 3
    assert codes(problems)[1:] == [("warning", "target-count", "tissue/seq000/labels.json", 30)]


@pytest.mark.parametrize("labels", ["[1]", "{", '"x"', "[" * 100_000])
def test_a_label_file_that_is_none_is_an_error(tmp_path, sequence, labels):
    sequence(labels=labels)
    clips, problems = read(tmp_path / "root")
    assert [p.code for p in problems.errors] == ["label-file"]
    assert sum(len(clip.points) for clip in clips) == 0


@pytest.mark.parametrize("texts", ["[1]", "{", '{"0": 3}', '{"0": [{"location": 1}]}', '{"0": ["x"]}'])
def test_statuses_that_cannot_be_read_cost_no_label(tmp_path, sequence, texts):
    sequence(labels={"0": [[1, 2]]}, texts=texts)
    (clip,), problems = read(tmp_path / "root")
    assert (len(clip.points), clip.clip.scenarios) == (1, ())
    assert codes(problems)[1:] == [("warning", "texts", "tissue/seq000/texts.json", None)]


def test_a_sequence_without_labels_or_with_no_or_two_videos_is_left_out(tmp_path, sequence, video):
    sequence("tissue/seq000")
    sequence("tissue/seq001", {"0": []})
    (tmp_path / "root/tissue/seq001" / video.name).unlink()
    sequence("tissue/seq002", {"0": []})
    (tmp_path / "root/tissue/seq002/other.MP4").write_bytes(b"")
    sequence("tissue/seq003", {"0": [[1, 2]]})
    clips, problems = read(tmp_path / "root")
    assert [c.clip.clip_id for c in clips] == ["tissue-seq003"]
    assert [(p.code, p.file) for p in problems.errors] == [
        ("labels-missing", "tissue/seq000"),
        ("video-missing", "tissue/seq001"),
        ("several-videos", "tissue/seq002"),
    ]


def test_links_out_of_the_root_are_not_followed(tmp_path, sequence):
    base = sequence(labels={"0": [[1, 2]]})
    secret = tmp_path / "secret.json"
    (base / "labels.json").rename(secret)
    (base / "labels.json").symlink_to(secret)
    sequence("tissue/seq001", {"0": [[1, 2]]})
    (tmp_path / "root/tissue/seq002").symlink_to(tmp_path)
    (tmp_path / "root/tissue/seq003").symlink_to(tmp_path / "root/tissue/seq003")
    clips, problems = read(tmp_path / "root")
    assert [c.clip.clip_id for c in clips] == ["tissue-seq001"]
    assert len(problems.errors) == 3


def test_a_folder_of_something_else_is_one_clear_error(tmp_path):
    with pytest.raises(BleedkitError, match=r"holds no sequence .*give the folder above tissue/"):
        read(tmp_path)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(labels=st.dictionaries(st.from_regex(r"-?[0-9]{0,3}x?", fullmatch=True), values, max_size=5) | values)
def test_any_json_gives_labels_inside_the_clip_or_errors(video, labels):
    path = video.with_name("labels.json")
    path.write_text(json.dumps(labels))
    problems = Problems()
    clip = read_pair(video, path, root=video.parent, clip_id="c", patient_id="p", problems=problems)
    assert clip is not None
    assert all(0 <= p.frame < 40 for p in clip.points)
    assert clip.points or len(problems)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real VL-SurgPT sample is not here")
def test_the_real_sample_is_read_whole():
    (clip,), problems = read(REAL)
    assert (len(clip.points), sum(not p.visible for p in clip.points)) == (14, 1)
    assert sorted({p.frame for p in clip.points}) == [0, 30, 60, 90, 120, 150, 175]
    assert clip.clip.scenarios == ("clear view", "pulled", "tissue obscuration")
    assert [p.code for p in problems] == ["patient"]
