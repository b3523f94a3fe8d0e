"""Validate: each way a cohort on disk can be broken is told, all at once, and never by a traceback."""

import dataclasses
import json
import math

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.cohort import Cohort, write_tables
from bleedkit.datasets.mask_file import mask_png
from bleedkit.datasets.schema import (
    Clip,
    Frame,
    ImageSize,
    Keypoint,
    LabelState,
    OnsetLabel,
    PointLabel,
    Provenance,
    ReviewItem,
)
from bleedkit.datasets.source import DatasetSpec, SourceClip, SourceMask
from bleedkit.datasets.split import Split, save_split
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.validate import validate_cohort

SIZE = ImageSize(128, 64)


@pytest.fixture
def cohort(tmp_path, barcode, barcode_video):
    """Two clips, one of image files with points, masks and an onset, one on a video; a split."""
    (tmp_path / "root").mkdir()
    for k in range(3):
        cv2.imwrite(str(tmp_path / "root" / f"{k}.png"), barcode(k))
    barcode_video(tmp_path / "root" / "v.mp4", frames=5)
    stills = SourceClip(
        Clip("a", "p", "p", 2, SIZE, 3),
        [Frame("a", k, f"{k}.png", k / 2, "") for k in range(3)],
        [PointLabel(clip_id="a", frame=k, x=k + 1, y=2) for k in range(3)],
        lambda: iter([SourceMask(0, np.eye(64, 128, dtype=bool))]),
        [OnsetLabel(clip_id="a", frame=1)],
    )
    film = SourceClip(
        Clip("b", "q", "q", 30, SIZE, 5, media="v.mp4"), [Frame("b", k, "", k / 30, "") for k in range(5)]
    )
    spec = DatasetSpec("toy", "", "1", lambda *_: iter([stills, film]), "", "", "", "")
    cohort = build_cohort(spec, tmp_path / "root", tmp_path / "c").cohort
    save_split(cohort, Split("mine", "ratio", cohort.digest, [{"p": "train", "q": "test"}]))
    assert list(validate_cohort(cohort)) == []
    return cohort


def told(cohort, **options):
    return {(p.code, p.file, p.frame) for p in validate_cohort(Cohort(cohort.folder), **options)}


def rewrite(cohort, name, change):
    """Change a table's rows and state its new digest, as a careful but careless tool would."""
    table = cohort.table(name)
    rows = [row for row in (change(dict(row)) for row in table.to_pylist()) if row]
    write_tables(cohort.folder, cohort.meta, {name: pa.Table.from_pylist(rows, table.schema)})


def test_a_moved_media_root_is_one_problem(cohort, tmp_path):
    (tmp_path / "root").rename(tmp_path / "elsewhere")
    assert told(cohort) == {("media-root", "cohort.json", None)}
    assert list(validate_cohort(Cohort(cohort.folder, media_root=tmp_path / "elsewhere"))) == []


def test_missing_changed_and_linked_media(cohort, tmp_path):
    root = tmp_path / "root"
    (root / "0.png").unlink()
    (root / "1.png").write_bytes((root / "2.png").read_bytes())
    (root / "2.png").rename(tmp_path / "2.png")
    (root / "2.png").symlink_to(tmp_path / "2.png")
    (root / "v.mp4").write_bytes(b"")
    assert told(cohort) == {
        ("media-missing", "0.png", 0), ("media-changed", "1.png", 1), ("unsafe-path", "2.png", 2),
        ("media-changed", "v.mp4", None),
    }  # fmt: skip
    assert told(cohort, quick=True) == {("media-missing", "0.png", 0), ("unsafe-path", "2.png", 2)}


def test_missing_changed_and_wrong_masks(cohort):
    (label,) = cohort.masks()
    path = cohort.mask_path(label)
    path.write_bytes(mask_png(np.ones((8, 9), bool)))
    assert told(cohort) == {("mask-changed", label.path, 0), ("mask-size", label.path, 0)}
    path.write_bytes(path.read_bytes()[:-9])
    assert told(cohort) == {("mask-changed", label.path, 0), ("mask-file", label.path, 0)}
    assert told(cohort, quick=True) == set()
    path.unlink()
    assert told(cohort) == told(cohort, quick=True) == {("mask-missing", label.path, 0)}


def test_what_no_row_names_is_a_warning(cohort):
    (cohort.folder / "masks" / "extra.png").write_bytes(b"")
    (cohort.folder / ".staging-abc").mkdir()
    problems = validate_cohort(cohort)
    assert {(str(p.severity), p.code, p.file) for p in problems} == {
        ("warning", "unused-mask", "masks/extra.png"), ("warning", "leftover", ".staging-abc"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["clips", "frames", "points", "masks", "onsets", "provenance", "hashes"])
def test_a_table_lost_cut_or_swapped_is_told(cohort, name):
    path = cohort.folder / f"{name}.parquet"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert {"table-digest", "table-unreadable"} <= {code for code, file, _ in told(cohort) if file == path.name}
    path.unlink()
    assert ("table-missing", path.name, None) in told(cohort)
    pq.write_table(pa.table({"x": [1]}), path)
    assert ("table-unreadable", path.name, None) in told(cohort)


def test_a_table_changed_behind_the_manifest_is_told(cohort):
    path = cohort.folder / "points.parquet"
    pq.write_table(pq.read_table(path).slice(0, 2), path)
    assert told(cohort) == {("table-digest", "points.parquet", None)}


def test_altered_labels_are_told_by_their_id(cohort):
    rewrite(cohort, "points", lambda row: {**row, "x": 200.0} if row["frame"] == 1 else row)
    assert told(cohort) == {("label-id", "points.parquet", None), ("point-outside", "a", 1)}


def test_rows_that_break_the_model_are_told_one_by_one(cohort):
    broken = [{"x": None}, {"state": "guess"}, {"review": None}]
    rewrite(cohort, "points", lambda row: {**row, **broken[row["frame"]]})
    problems = validate_cohort(Cohort(cohort.folder))
    assert [p.what.split(" breaks")[0] for p in problems if p.code == "row"] == ["row 0", "row 1", "row 2"]


def test_labels_that_point_nowhere_are_told(cohort):
    run = Provenance.of("pseudolabel", {})
    lost = PointLabel(clip_id="nowhere", frame=0, x=1, y=1)
    late = PointLabel(clip_id="b", frame=5, x=1, y=1)
    unmade = PointLabel(clip_id="b", frame=1, x=1, y=1, state=LabelState.PSEUDO, provenance="beef")
    orphan = PointLabel(clip_id="b", frame=2, x=1, y=1, supersedes="beef")
    tables = {
        "points": pa.concat_tables([cohort.table("points"), table_of("points", [lost, late, unmade, orphan])]),
        "onsets": table_of("onsets", [OnsetLabel(clip_id="b", frame=5), OnsetLabel(clip_id="a", frame=-1)]),
        "review": table_of("review", [ReviewItem("b", 77, "source", "unsure", "")]),
        "provenance": pa.concat_tables(
            [cohort.table("provenance"), table_of("provenance", [dataclasses.replace(run, parent="beef")])]
        ),
    }
    write_tables(cohort.folder, cohort.meta, tables)
    assert told(cohort) == {
        ("unknown-clip", "points.parquet", 0), ("unknown-frame", "points.parquet", 5),
        ("unknown-provenance", "points.parquet", 1), ("unknown-label", "b", 2), ("unknown-frame", "onsets.parquet", 5),
        ("unknown-frame", "review.parquet", 77), ("unknown-provenance", "provenance.parquet", None),
    }  # fmt: skip


def test_keypoints_that_point_nowhere_stand_twice_or_have_no_place_are_told(cohort):
    run = Provenance.of("pseudolabel", {})
    one = Keypoint("b", 1, "source", 1, 3.0, 4.0, True, 1.0, 1.0, 0.0, 0.9, run.id)
    with cohort.change() as change:
        change.append(provenance=[run])
        change.replace_keypoints("b", table_of("keypoints", [one, dataclasses.replace(one, frame=2)]))
    assert told(cohort) == set()
    wrong = [
        one, one, dataclasses.replace(one, frame=9), dataclasses.replace(one, clip_id="nowhere", frame=0),
        dataclasses.replace(one, frame=3, x=math.nan), dataclasses.replace(one, frame=4, provenance="beef"),
    ]  # fmt: skip
    write_tables(cohort.folder, cohort.meta, {"keypoints": table_of("keypoints", wrong)})
    assert told(cohort) == {
        ("duplicate-keypoint", "keypoints.parquet", 1), ("unknown-frame", "keypoints.parquet", 9),
        ("unknown-clip", "keypoints.parquet", 0), ("row", "keypoints.parquet", 3),
        ("unknown-provenance", "keypoints.parquet", 4),
    }  # fmt: skip


def test_a_circle_of_supersession_is_told(cohort):
    ids = cohort.table("points")["label_id"].to_pylist()
    after = dict(zip(ids, ids[1:] + ids[:1], strict=True))
    rewrite(cohort, "points", lambda row: {**row, "supersedes": after[row["label_id"]]})
    circles = [p for p in validate_cohort(Cohort(cohort.folder)) if p.code == "supersession-cycle"]
    assert len(circles) == 1
    assert all(label in circles[0].what for label in ids)


def test_frames_missing_twice_or_outside_are_told(cohort):
    def change(row):
        if row["clip_id"] == "b" and row["frame"] == 4:
            return None
        return {**row, "frame": {1: 0, 2: 9}.get(row["frame"], 0)} if row["clip_id"] == "a" else row

    rewrite(cohort, "frames", change)
    codes = {(code, frame) for code, file, frame in told(cohort) if file in ("a", "b")}
    assert codes == {("duplicate-frame", 0), ("frame-range", 9), ("frame-rows", None)}
    assert ("split-digest", "splits/mine.json", None) in told(cohort)


def test_split_files_that_are_none_or_of_other_clips_are_told(cohort):
    splits = cohort.folder / "splits"
    good = json.loads((splits / "mine.json").read_text())
    bad = {
        "text": "{",
        "list": "[1]",
        "other": json.dumps({**good, "cohort_digest": "beef"}),
        "part": json.dumps({**good, "folds": [{"p": "train", "q": "holdout"}]}),
        "patient": json.dumps({**good, "folds": [{"p": "train"}]}),
        "folds": json.dumps({**good, "folds": 3}),
        "fold": json.dumps({**good, "folds": [3]}),
    }
    for name, text in bad.items():
        (splits / f"{name}.json").write_text(text)
    assert {(code, file) for code, file, _ in told(cohort)} == {
        ("split", "splits/text.json"), ("split", "splits/list.json"), ("split-digest", "splits/other.json"),
        ("split-part", "splits/part.json"), ("split", "splits/patient.json"), ("split", "splits/folds.json"),
        ("split", "splits/fold.json"),
    }  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["clips", "frames", "points", "masks"]), where=st.floats(0, 1), value=st.integers(0, 255))
def test_any_changed_byte_of_a_table_is_told(cohort, name, where, value):
    path = cohort.folder / f"{name}.parquet"
    good = path.read_bytes()
    data = bytearray(good)
    at = int(where * (len(data) - 1))
    data[at] = value if data[at] != value else value ^ 1
    path.write_bytes(data)
    try:
        assert ("table-digest", path.name, None) in told(cohort, quick=True)
    finally:
        path.write_bytes(good)
