"""`bleedkit split` as a user types it, on a cohort built from SurgBlood's layout."""

import json

import cv2
import pytest
from click.testing import CliRunner

from bleedkit.cli.split import split
from bleedkit.datasets.build import build_cohort
from bleedkit.datasets.surgblood import SPEC


@pytest.fixture(scope="module")
def cohort(tmp_path_factory, surgblood_layout):
    folder = tmp_path_factory.mktemp("surgblood")
    surgblood_layout.write_surgblood(folder / "source", patients=5, clips=2, frames=6, leak=True)
    build_cohort(SPEC, folder / "source", folder / "cohort")
    return folder / "cohort"


def run(*args, code: int = 0):
    result = CliRunner().invoke(split, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


def test_the_official_splits_leak_is_reported_by_patient_name_and_strict_fails(cohort):
    result = run("audit", cohort, "--split", "official", "--strict", code=1)
    for patient in range(1, 6):
        assert f"patient patient{patient} is in train and test" in result.stdout
    run("audit", cohort, "--split", "official")


def test_a_built_split_is_clean_shown_and_listed(cohort, tmp_path):
    made = run("build", cohort, "--name", "main", "--nnunet", tmp_path / "splits_final.json")
    assert "5 patients, train/val/test" in made.stdout
    assert {"train", "val"} == set(json.loads((tmp_path / "splits_final.json").read_text())[0])
    run("audit", cohort, "--split", "main", "--strict")
    assert "main: ratio by patient" in run("show", cohort).stdout
    assert "fold 0 train: patient" in run("show", cohort, "main").stdout


def test_json_is_one_document(cohort):
    split_json = json.loads(run("build", cohort, "--name", "cv", "--folds", 5, "--json").stdout)
    assert len(split_json["folds"]) == 5 and split_json["method"] == "kfold"
    assert json.loads(run("show", cohort, "cv", "--json").stdout) == split_json
    audits = json.loads(run("audit", cohort, "--split", "cv", "--fold", 2, "--json").stdout)
    assert [(audit["split"], audit["fold"]) for audit in audits] == [("cv", 2)]
    assert "cv" in {one["name"] for one in json.loads(run("show", cohort, "--json").stdout)}


def test_the_picture_is_written(cohort, tmp_path):
    run("audit", cohort, "--split", "official", "--plot", tmp_path / "audit.png")
    assert cv2.imread(str(tmp_path / "audit.png")) is not None


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--ratio", "4:1:1", "--folds", "3"], "choose one of"),
        (["--ratio", "four"], "is not TRAIN:VAL:TEST"),
        (["--ratio", "0:0:0"], "is not TRAIN:VAL:TEST"),
        (["--stratify", "colour"], "choose from site, scenario, bleeding"),
        (["--folds", "1"], "1 is not in the range"),
    ],
)
def test_misuse_exits_2_and_says_why(cohort, args, says):
    assert says in run("build", cohort, "--name", "x", *args, code=2).stderr


def test_the_name_official_is_kept(cohort):
    assert "kept for the source's own split" in run("build", cohort, "--name", "official", code=2).stderr
    assert "name it with --split" in run("audit", cohort, "--plot", "x.png", code=2).stderr


def test_two_shares_are_train_and_test(cohort):
    assert "train/test" in run("build", cohort, "--name", "two", "--ratio", "3:1").stdout
