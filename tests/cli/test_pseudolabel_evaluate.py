"""`bleedkit pseudolabel evaluate`, as a user types it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bleedkit.cli.main import main
from bleedkit.datasets import vl_surgpt
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.moving_texture import write_moving_texture


def bleedkit(*args: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(arg) for arg in args])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def texture(tmp_path_factory) -> Path:
    """Folder with `clips/` and `cohort/`: two clips of 17 frames, labels at 0 and 16."""
    folder = tmp_path_factory.mktemp("tiny")
    root = write_moving_texture(folder / "clips", clips=2, frames=17, seed=3)
    build_cohort(replace(vl_surgpt.SPEC, expected={}, contradictions=()), root, folder / "cohort")
    return folder


def test_tables_then_the_same_numbers_as_json(texture, tmp_path, capsys):
    assert bleedkit("pseudolabel", "evaluate", texture / "cohort", "--out", tmp_path / "e") == 0
    said = capsys.readouterr().out
    assert "scored against exact truth" in said
    assert said.count("linear interpolation") == 2, "over every frame, and over those that are kept"
    assert f"Look at it: {tmp_path / 'e' / 'evaluation.html'}" in said

    assert bleedkit("pseudolabel", "evaluate", texture / "cohort", "--out", tmp_path / "j", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((tmp_path / "e" / "evaluation.json").read_text())
    assert document["overall"]["frames"] > 30
    assert document["preset"] == "classical"


def test_another_tracker_is_another_evaluation(texture, tmp_path, capsys):
    arguments = ("evaluate", texture / "cohort", "--tracker", "hold_still", "--clips", 1, "--json")
    assert bleedkit("pseudolabel", *arguments, "--out", tmp_path / "e") == 0
    document = json.loads(capsys.readouterr().out)
    assert "hold_still" in document["settings"]["tracker"]
    ways = document["overall"]["ways"]
    assert ways["raw"]["all"]["clip_px"] == ways["hold_still"]["all"]["clip_px"]


def test_exact_labels_and_the_other_half_are_asked_for_by_name(texture, tmp_path, capsys):
    evaluate = ("pseudolabel", "evaluate", texture / "cohort", "--clips", 1, "--out", tmp_path / "e")
    assert bleedkit(*evaluate, "--labels", "exact") == 0
    assert "every label is shown, moved to where the target really is;" in capsys.readouterr().out
    assert json.loads((tmp_path / "e" / "evaluation.json").read_text())["labels"] == "exact"
    assert bleedkit(*evaluate, "--phase", 1) == 2
    assert "--phase 1 must be less than K" in capsys.readouterr().err
    assert bleedkit(*evaluate, "--hide", 2, "--phase", 1) == 1
    assert "no frame between two visible labels" in capsys.readouterr().err, "of two labels one is shown"


def test_an_unreadable_clip_is_an_error_in_the_end(texture, tmp_path, capsys):
    shutil.copytree(texture, tmp_path / "t")
    broken = sorted((tmp_path / "t" / "clips" / "tissue").iterdir())[1]
    (broken / "clip.mp4").write_bytes(b"no video")
    assert bleedkit("pseudolabel", "evaluate", tmp_path / "t" / "cohort", "--out", tmp_path / "e") == 1
    told = capsys.readouterr()
    assert "was left out: " in told.err
    assert "of 1 clip and 1 patient" in told.out


def test_misuse_is_told(texture, tmp_path, capsys):
    evaluate = ("pseudolabel", "evaluate", texture / "cohort", "--out", tmp_path / "e")
    assert bleedkit(*evaluate, "--hide", 1) == 2
    assert bleedkit(*evaluate, "--scenario", "full moon") == 1
    assert "no clip of the scenario 'full moon'; it has" in capsys.readouterr().err
    assert bleedkit("pseudolabel", "evaluate", tmp_path, "--out", tmp_path / "e") == 1
    assert "holds no cohort" in capsys.readouterr().err
    assert not (tmp_path / "e").exists()
