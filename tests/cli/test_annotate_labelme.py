"""`bleedkit annotate labelme` as a user types it."""

import json

import cv2
import numpy as np
import pytest
from bleedkit_test_layouts.labelme_work import edit, label_path, move

from bleedkit.cli.main import main
from bleedkit.datasets.cohort import Cohort, CohortMeta, write_tables
from bleedkit.datasets.schema import Clip, Frame, ImageSize, OnsetLabel, PointLabel
from bleedkit.datasets.tables import table_of
from bleedkit.datasets.transaction import locked, transaction

SIZE = ImageSize(32, 24)


@pytest.fixture
def cohort(tmp_path):
    """One clip of three frames; points in the first two."""
    (tmp_path / "media").mkdir()
    for frame in range(3):
        cv2.imwrite(str(tmp_path / f"media/{frame}.png"), np.full((24, 32, 3), 99, np.uint8))
    tables = {
        "clips": table_of("clips", [Clip("clip0", "p", "p", 1, SIZE, 3)]),
        "frames": table_of("frames", [Frame("clip0", i, f"{i}.png", i, "") for i in range(3)]),
        "points": table_of("points", [PointLabel(clip_id="clip0", frame=i, x=4, y=5) for i in range(2)]),
        "onsets": table_of("onsets", [OnsetLabel(clip_id="clip0", frame=1)]),
    }
    meta = CohortMeta("toy", "toy", "1", "none", "none", "1", "0", "../media")
    with locked(tmp_path / "cohort"), transaction(tmp_path / "cohort") as staging:
        write_tables(staging, meta, tables)
    return tmp_path / "cohort"


def run(*args) -> int:
    """The exit code of the command, run in this process."""
    with pytest.raises(SystemExit) as ended:
        main(["annotate", "labelme", *map(str, args)])
    return ended.value.code


def test_export_correct_import(cohort, tmp_path, capsys):
    work = tmp_path / "work"
    assert run("export", cohort, "--out", work) == 0
    out = capsys.readouterr().out
    assert "2 frames of 1 clips, 2 points, 0 regions" in out
    assert "Not in it, but still in the cohort: 1 x onset label" in out
    assert f"bleedkit annotate labelme import {cohort} {work} --annotator NAME" in out
    move(work, 1, 7, 9)  # by (3, 4)
    assert run("import", cohort, work, "--annotator", "kim", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "clip0 frame 1: point 'source' moved by 5.0 px" in out
    assert "Would bring from 2 frames: 1 moved; 0 conflicts" in out
    assert len(Cohort(cohort).table("points")) == 2
    assert run("import", cohort, work, "--annotator", "kim") == 0
    assert "Brought from 2 frames: 1 moved; 0 conflicts" in capsys.readouterr().out
    assert run("import", cohort, work, "--annotator", "kim") == 0
    assert "Brought from 2 frames: nothing changed; 0 conflicts" in capsys.readouterr().out
    assert len(Cohort(cohort).table("points")) == 3


def test_json_is_one_document(cohort, tmp_path, capsys):
    work = tmp_path / "work"
    run("export", cohort, "--out", work, "--frames", "every=2", "--clips", "clip0", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"clips": 1, "frames": 2, "points": 1, "regions": 0}
    assert list(told["losses"].values()) == [1]
    move(work, 0, 7, 9)
    run("import", cohort, work, "--annotator", "kim", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["counts"], told["conflicts"], told["problems"]) == ({"moved": 1}, 0, [])


def test_a_refused_file_is_exit_code_one(cohort, tmp_path, capsys):
    work = tmp_path / "work"
    run("export", cohort, "--out", work)
    edit(work, 0, lambda values: values.update(imagePath="../0.png"))
    label_path(work, 1).write_text("{")
    assert run("import", cohort, work, "--annotator", "kim") == 1
    out = capsys.readouterr().out
    assert "error: clip0/000000.json frame 0: is not a LabelMe file: imagePath '../0.png' is not a path inside" in out
    assert "error: clip0/000001.json frame 1: is not a LabelMe file" in out


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--frames", "some"], "frames must be"),
        (["--states", "robot"], "states must be among"),
        (["--clips", "else"], "has no clip 'else'"),
    ],
)
def test_a_wrong_choice_writes_nothing(cohort, tmp_path, capsys, options, what):
    assert run("export", cohort, "--out", tmp_path / "work", *options) == 1
    assert what in capsys.readouterr().err
    assert not (tmp_path / "work").exists()
